"""Runs that train nothing: a folder, steps that take a while, a score that the options make.

`python -m tests.train.sweeps.fake SPEC URL OUT [SECONDS]` is one worker of a sweep of them.
"""

import json
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from train.errors import CorpusError, DivergedError
from train.sweeps.runs import Options, Result

STEPS = 4
PACE = {"beat": 0.1, "poll": 0.05, "grace": 1.0}


@dataclass(frozen=True)
class FakeRuns:
    """Steps of so many seconds. `log.txt` beside the run folders has a line a start or step."""

    seconds: float = 0.0

    def check(self, options: Options) -> None:
        """Anything goes."""

    def refuse_other(self, options: Options, folder: Path) -> None:
        """Nothing is."""

    def run(self, options: Options, folder: Path, console: Console) -> None:
        """One line a step; a step that is in step.txt is not done again."""
        folder.mkdir(parents=True, exist_ok=True)
        fail(options)
        first = self.step(folder)
        note(folder, f"begin {first}")
        for step in range(first + 1, STEPS + 1):
            time.sleep(self.seconds)
            note(folder, f"step {step}")
            (folder / "step.txt").write_text(str(step))
        beside = folder / "result.new"
        beside.write_text(json.dumps(score(options)))
        beside.replace(folder / "result.json")

    def result(self, folder: Path) -> Result | None:
        """What `run` wrote last."""
        path = folder / "result.json"
        if not path.is_file():
            return None
        value = json.loads(path.read_text())
        return Result({"score": 0.0}, {"score": value})

    def step(self, folder: Path) -> int:
        """What `run` wrote after each step."""
        path = folder / "step.txt"
        text = path.read_text() if path.is_file() else ""
        return int(text or 0)


def note(folder: Path, line: str) -> None:
    """Add a line to the run's log."""
    with (folder / "log.txt").open("a") as file:
        file.write(line + "\n")


def fail(options: Options) -> None:
    """By what the options ask for."""
    lr = options["overrides"].get("lr")
    if lr == 9.0:
        raise DivergedError("the loss is not a number at step 3")
    if lr == 8.0:
        raise CorpusError("no such text")
    if lr == 7.0:
        raise ZeroDivisionError("a fault of ours")
    if lr == 6.0:
        raise MemoryError("no memory for this batch")


def score(options: Options) -> float | None:
    """Best at batch size 64, then at m = .3; a little better with each seed. lr 5: collapsed."""
    overrides, settings = options["overrides"], options["settings"]
    if overrides.get("lr") == 5.0:
        return None
    batch, m = overrides.get("batch_size", 32), float(settings.get("m", 0.2))
    return 0.5 - abs(batch - 64) / 1000 - abs(m - 0.3) + options["seed"] / 100


def main() -> None:
    """One worker, until the sweep is done."""
    from train.sweeps.reader import read
    from train.sweeps.worker import Pace, Worker

    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a background job
    spec, url, out, seconds = sys.argv[1:5]
    runner, console = FakeRuns(float(seconds)), Console(markup=False)
    worker = Worker(read(spec), url, Path(out), runner, console, Pace(**PACE))
    try:
        worker.work()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
