"""`verify mutants`."""

import sys
from typing import TYPE_CHECKING

import click

from derive.commands import extra

if TYPE_CHECKING:
    from verify.mutants.model import LossMutants
    from verify.mutants.plan import Plan


@click.command("mutants", short_help="Plant faults in losses; the checks have to catch each.")
@click.option(
    "--loss",
    "losses",
    multiple=True,
    metavar="LOSS",
    help="A name of the catalogue, FILE.py:NAME, or a loss you saved (repeatable) [the catalogue].",
)
@click.option(
    "--kinds",
    multiple=True,
    metavar="KIND[,KIND]",
    help="Only faults of these kinds: sign, factor, view, … (repeatable) [all].",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=6,
    show_default=True,
    help="The most faults of one kind in a loss's formula, and in its lowering, drawn by the seed.",
)
@click.option("--all", "everything", is_flag=True, help="Every fault, without a limit.")
@click.option("--examples", type=click.IntRange(min=1), default=25, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def command(
    losses: tuple[str, ...],
    kinds: tuple[str, ...],
    limit: int,
    everything: bool,
    examples: int,
    seed: int,
    jobs: int,
    form: str,
) -> None:
    """Plant faults in losses: a test of the checks, not of the losses.

    Each fault of a formula (a sign, a factor, a view, an index, a pair too many, …) and of its
    lowering (a rule, a product, a sum) has to be told from the loss by the comparisons of `verify
    run`, or be proved to be the loss written otherwise. What survives is a gap of the checks.

    Exit code 0: all killed or proved equivalent; 1: some survive; 2: bad input. --examples counts
    per search for a fault that no fixed batch tells; --jobs counts processes.
    """
    with extra("verify mutants", "verify"):
        from verify.mutants.plan import Plan
        from verify.mutants.run import exit_code

        split = tuple(x.strip() for given in kinds for x in given.split(",") if x.strip())
        plan = Plan(split, None if everything else limit, examples, seed)
        reports = _planted(losses, plan, jobs)
    _print(reports, form)
    sys.exit(exit_code(reports))


def _planted(losses: tuple[str, ...], plan: "Plan", jobs: int) -> "list[LossMutants]":
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from derive.objectives import names
    from derive.sources import find
    from verify.mutants.run import run

    chosen = list(dict.fromkeys(losses)) or names()
    for loss in chosen:
        find(loss)  # bad input is reported before the first fault is planted
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"planting faults in {len(chosen)} losses", total=len(chosen))

        def show(report: "LossMutants") -> None:
            bar.advance(task)
            done = int(bar.tasks[task].completed)
            bar.update(task, description=f"{report.loss} ({done} of {len(chosen)})")

        return run(chosen, plan, jobs=jobs, progress=show)


def _print(reports: "list[LossMutants]", form: str) -> None:
    import json

    from rich.console import Console

    from verify.mutants.report import as_json, as_table, summary

    if form == "json":
        click.echo(json.dumps(as_json(reports), indent=2, ensure_ascii=False))
        return
    console = Console()
    console.print(as_table(reports))
    for line in summary(reports):
        console.print(line, markup=False, highlight=False)
