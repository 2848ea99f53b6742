"""The runs behind figures and tables, made one after the other in folders of their own.

RUNS/<recipe>/seed-0/ …             as `reports.records` reads them
RUNS/<recipe>-measured/seed-0/ …    with text held out, where the recipe holds out none
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from reports.errors import ReportError
from reports.plans import Planned

if TYPE_CHECKING:
    from rich.console import Console

    from train.sweeps.runs import Runner
    from train.sweeps.seeds import Seeds

# Of a recipe's settings, what a demonstration keeps: how long it is, and what is measured.
_KEPT = ("steps", "batch_size", "held_out", "measure_every")


@dataclass(frozen=True)
class Request:
    """How the runs are made.

    small: the recipes' scaled-down form; model, corpus: in place of the recipes' (with small and
    neither: a small new BERT on the embedded text); eval_data: SentEval's folder; seeds: how many,
    by default as the recipe has; seed: the first; device: as of `train run`.
    """

    small: bool = False
    model: str | None = None
    corpus: str | None = None
    eval_data: str | None = None
    seeds: int | None = None
    seed: int = 0
    device: str = "auto"

    @property
    def is_demonstration(self) -> bool:
        """Whether encoder and text are those that `train run` has without any."""
        return self.small and self.model is None and self.corpus is None

    def options(self, plan: Planned) -> dict[str, Any]:
        """The options of a plan's runs, without the seed; paths as found from any directory."""
        from train.options import as_found
        from train.recipes import over

        options = plan.options(self.small)
        if self.is_demonstration:
            options = demonstration(options)
        given = {"model": self.model, "corpus": self.corpus, "eval_data": self.eval_data}
        told = {name: x for name, x in given.items() if x is not None}
        return as_found(over(options, told | {"device": self.device}))

    def numbers(self, plan: Planned) -> range:
        """The seeds of a plan's runs."""
        from train.recipes import recipes
        from train.recipes.model import SMALL_SEEDS

        count = self.seeds or (SMALL_SEEDS if self.small else recipes()[plan.recipe].seeds)
        return range(self.seed, self.seed + count)


def demonstration(options: dict[str, Any]) -> dict[str, Any]:
    """The same loss with the encoder, the text and the settings of `train run` without a model.

    The recipes' settings are those of a pre-trained encoder: with them a new one collapses to a
    point within six steps, and there is nothing to be seen.
    """
    kept = {name: x for name, x in options["overrides"].items() if name in _KEPT}
    new = {"model": None, "corpus": None, "protocol": "default", "overrides": kept}
    return options | new


@dataclass(frozen=True)
class Recorded:
    """What the runs of a plan came to. folder: theirs."""

    plan: Planned
    folder: Path
    seeds: "Seeds"


Begin = Callable[[Planned, int, int, float | None], None]  # number, of how many, seconds left


def record(
    plans: Sequence[Planned],
    request: Request,
    root: Path,
    runner: "Runner",
    console: "Console",
    begin: Begin,
    after: Callable[[Planned, Path], None] = lambda plan, run: None,
) -> Iterator[Recorded]:
    """Make the runs of each plan in turn; what is finished is only read.

    begin: called before each plan. after: called for each finished run's folder.
    Raises `ReportError` where the folder holds other runs, and as `train.sweeps.seeds.run_seeds`:
    `TrainingInterrupted` after a signal, after which the same call goes on.
    """
    for plan in plans:  # what can be known to fail fails before the first run
        check(plan, request, root, runner)
    started, made = perf_counter(), 0
    for place, plan in enumerate(plans):
        fresh = not finished(plan, request, root, runner)
        left = (perf_counter() - started) / made * (len(plans) - place) if made else None
        begin(plan, place, len(plans), left)
        yield one(plan, request, root, runner, console, after)
        made += fresh


def one(
    plan: Planned,
    request: Request,
    root: Path,
    runner: "Runner",
    console: "Console",
    after: Callable[[Planned, Path], None],
) -> Recorded:
    """The runs of one plan."""
    from train.sweeps.seeds import run_seeds

    folder = root / plan.folder
    seeds = run_seeds(request.options(plan), request.numbers(plan), folder, runner, console)
    for row in seeds.rows:
        if row.failure is None:
            after(plan, folder / row.folder)
    return Recorded(plan, folder, seeds)


def check(plan: Planned, request: Request, root: Path, runner: "Runner") -> None:
    """Raises `ReportError` if the plan's folder holds runs of other options, and as the runs do
    for options that cannot be."""
    from train.errors import SweepError
    from train.sweeps.seeds import on_record

    options = request.options(plan)
    runner.check(options)
    try:
        on_record(root / plan.folder, options)
    except SweepError as error:
        raise ReportError(
            str(error).replace("Choose another folder with --out.", "Give another --runs.")
        ) from error


def finished(plan: Planned, request: Request, root: Path, runner: "Runner") -> bool:
    """Whether all runs of the plan are there already."""
    folders = [root / plan.folder / f"seed-{seed}" for seed in request.numbers(plan)]
    return all(runner.result(folder) is not None for folder in folders)
