"""`reports record`: the training runs that figures and tables are drawn from."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derive.commands import INTERRUPTED, extra

if TYPE_CHECKING:
    from rich.console import Console

    from reports.items import Item
    from reports.plans import Planned
    from reports.recording import Recorded, Request


@click.command("record", short_help="Make the training runs that figures are drawn from.")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--paper", metavar="PAPER", help="All of one paper: 001, 002, 003 or 004.")
@click.option("--runs", required=True, type=click.Path(path_type=Path), metavar="DIR",
              help="Folder for the runs; `reports build --runs DIR` reads it.")  # fmt: skip
@click.option("--small", is_flag=True, help="The recipes scaled down for a CPU.")
@click.option("--model", help="Encoder in place of the recipes': a folder or hub name.")
@click.option("--corpus", metavar="SPEC", help="Training text in place of the recipes'.")
@click.option("--eval-data", metavar="DIR", help="SentEval's data folder.")
@click.option("--evaluate/--no-evaluate", default=True,
              help="With --eval-data: `train eval` of what the figures show [yes].")  # fmt: skip
@click.option(
    "--seeds", type=click.IntRange(1), help="Runs a recipe [as the recipe has; small: 1]."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The first one.")
@click.option("--device", type=click.Choice(["auto", "cuda", "mps", "cpu"]), default="auto")
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Make the runs that the NAMEd figures and tables (see `reports list`), a paper's, or all are
    drawn from: each recipe of `train recipes` in DIR/RECIPE, with its seeds.

    --small alone needs no download: a small new BERT learns from the embedded text, with the
    settings of `train run` without a model, 60 steps a run. It shows that the figures can be made,
    not what the papers found; every figure says so. Without --small the recipes' encoders and text
    are needed (`train data fetch`), and a GPU.

    Stop it and give the same command again: finished runs are only read, the rest goes on.

    Exit codes: 0 done (runs that diverged or collapsed are told), 1 none of them finished or a
    loss is refuted, 2 bad input, 3 a loss has undecided checks, 4 the disk is full, 130 stopped by
    Ctrl-C.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # spinning threads: see `train run`
    from train.errors import DivergedError, TrainingInterrupted

    items = _items(options["names"], options["paper"])
    with extra("reports record", "reports"), extra("reports record", "train"):
        import sentence_transformers  # noqa: F401 - missing: one message, before anything is made
    try:
        found = _record(items, options)
    except (KeyboardInterrupt, TrainingInterrupted):
        click.echo("\nStopped. Finished runs are kept; the same command goes on.", err=True)
        ctx.exit(INTERRUPTED)
    if found and not any(row.failure is None for x in found for row in x.seeds.rows):
        raise DivergedError("no run finished: the reasons are above, and in each summary.json.")


def _items(names: tuple[str, ...], paper: str | None) -> "list[Item]":
    """Those that are drawn from runs. Raises `ReportError` where none is."""
    from reports.choosing import chosen
    from reports.errors import ReportError

    items = [x for x in chosen(names, paper) if x.recipes]
    if not items:
        raise ReportError("nothing of this is drawn from runs. Build it: reports build NAME --out.")
    return items


def _record(items: "list[Item]", options: dict[str, Any]) -> "list[Recorded]":
    """Make the runs, and say what they came to."""
    from rich.console import Console

    from reports.plans import planned
    from reports.recording import Request, record
    from train.sweeps.runs import TrainingRuns

    shared = ("small", "model", "corpus", "eval_data", "seeds", "seed", "device")
    request = Request(**{name: options[name] for name in shared})
    console = Console(markup=False, highlight=False, emoji=False, stderr=True)
    after = _evaluation(request) if options["evaluate"] else _nothing
    runs = record(planned(items), request, options["runs"], TrainingRuns(), console,
                  _begin(console), after)  # fmt: skip
    found = []
    for one in runs:
        found.append(one)
        for row in one.seeds.failures:
            console.print(f"{one.folder / row.folder}: {row.failure}", soft_wrap=True)
    _say(found, items, options["runs"])
    return found


def _begin(console: "Console") -> "Callable[[Planned, int, int, float | None], None]":
    def begin(plan: "Planned", place: int, of: int, left: float | None) -> None:
        rest = "" if left is None else f", about {max(1, round(left / 60))} min left"
        console.rule(f"{plan.folder} ({place + 1} of {of}{rest})", align="left")

    return begin


def _evaluation(request: "Request") -> "Callable[[Planned, Path], None]":
    """`train eval` of a finished run, where there are data. Raises `EvaluationError` for none."""
    if request.eval_data is None:
        return _nothing
    from reports.evaluating import available, evaluate_run

    data = Path(request.eval_data)
    available("", data)  # a folder that holds no data is told before the first run

    def after(plan: "Planned", run: Path) -> None:
        evaluate_run(run, available(plan.tasks, data), data, request.device)

    return after


def _nothing(plan: "Planned", run: Path) -> None:
    """No evaluation."""


def _say(found: "list[Recorded]", items: "list[Item]", root: Path) -> None:
    rows = [row for x in found for row in x.seeds.rows]
    failed = sum(row.failure is not None for row in rows)
    click.echo(f"{len(rows)} runs of {len(found)} recipes in {root}, {failed} failed.")
    click.echo(f"Draw: reports build {' '.join(x.name for x in items)} --runs {root} --out OUT")
