"""What tests ask the fork server for, and what of a run has to be the same."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PLANTS = ("agreed", "tiny")

# Six steps of eight rows, into a second epoch of 45 sentences; everything that writes, writes.
FULL = (
    "--loss", "infonce", "--steps", 6, "--batch-size", 8, "--max-length", 12, "--device", "cpu",
    "--save-every", 2, "--eval-every", 2, "--keep-best", "--head", "mlp", "--lr", 5e-3,
)  # fmt: skip


@dataclass
class Done:
    """The end of a job: exit codes by rank, and what it printed."""

    codes: list[int]
    output: str

    @property
    def code(self) -> int:
        return self.codes[0]


@dataclass
class Server:
    """A running tests.train.faults.server."""

    log: Path
    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.train.faults.server"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
        )  # fmt: skip
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def __call__(self, *words: object, plants: tuple[str, ...] = (), **job: Any) -> Done:
        """`train <words>` in a forked child."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.log.write_text("")
        job |= {"words": [str(w) for w in words], "plants": [*PLANTS, *plants],
                "log": str(self.log)}  # fmt: skip
        self.process.stdin.write(json.dumps(job, default=str) + "\n")
        self.process.stdin.flush()
        codes = json.loads(self.process.stdout.readline())
        return Done(codes, self.log.read_text(errors="replace"))

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        if self.process.returncode is not None:
            return  # two conftests have the fixture
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@cache
def shared(folder: Path) -> Server:
    """The session's one server: to start it takes most of a test's time."""
    return Server(folder / "log")


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def trajectory(folder: Path) -> list[tuple[Any, ...]]:
    """Losses, rates, gradient norms and scores, in the order of the file, without times."""
    return [
        (r["event"], r["step"], r.get("when"), r.get("loss"), r.get("lr"), r.get("gradient_norm"),
         json.dumps(r.get("scores")), r.get("score"))
        for r in records(folder) if r["event"] in ("step", "evaluation", "best")
    ]  # fmt: skip


def files(folder: Path) -> dict[str, str]:
    """Every file of the model, and the card, by the digest of its bytes."""
    paths = [folder / "README.md", *sorted(folder.joinpath("model").rglob("*"))]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if path.is_file()
    }


def result(folder: Path) -> tuple[object, ...]:
    """What has to be equal, bit by bit, however a run was interrupted."""
    return trajectory(folder), files(folder)
