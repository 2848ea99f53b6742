"""`train run --seeds K`: one run with several seeds, and their mean."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from train.sweeps.runs import Runner, TrainingRuns
from train.sweeps.seeds import SUMMARY, Seeds, run_seeds
from train.sweeps.tables import print_seeds


def run_several(
    options: Mapping[str, Any],
    count: int,
    out: Path | None,
    console: Console,
    runner: Runner | None = None,
) -> Seeds:
    """Run with the seeds s, s + 1, …, s + count − 1, s = options["seed"]; prints rows and mean.

    options: what `train.config.RunConfig` takes; out: default runs/<loss>-seeds. The same call
    goes on where it was stopped. Raises as `train.sweeps.seeds.run_seeds`.
    """
    runner = runner or TrainingRuns()
    shared = {name: x for name, x in options.items() if name != "seed"}
    runner.check(shared)
    first, loss = int(options.get("seed", 0)), str(options["loss"])
    name = Path(loss.rpartition(":")[2]).stem
    folder = out or Path("runs") / f"{name}-seeds"
    found = run_seeds(shared, range(first, first + count), folder, runner, console)
    print_seeds(console, f"{name}, {count} seed(s)", found)
    console.print(f"Summary: {folder / SUMMARY}")
    return found
