"""The command line: `verify run`."""

import json
import sys
from typing import TYPE_CHECKING

import click

from derive.commands import CommandGroup, extra, parse_settings, set_option

if TYPE_CHECKING:
    from verify.report import LossReport


@click.group(cls=CommandGroup)
@click.version_option(package_name="contragrad", prog_name="verify")
def main() -> None:
    """Prove and test what `derive` derives."""


@main.command()
@click.option(
    "--loss",
    "losses",
    multiple=True,
    metavar="LOSS",
    help="A name of the catalogue, FILE.py:NAME, or a loss you saved (repeatable) [the catalogue].",
)
@set_option
@click.option("--examples", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def run(
    losses: tuple[str, ...], settings: tuple[str, ...], examples: int, seed: int, form: str
) -> None:
    """Check losses against algebra, 50-digit points, autograd and edges.

    A loss of the catalogue is compared with an oracle written from its paper; a loss of your own
    with its formula under autograd, which checks the derivation, not the formula.

    Exit code 0: all proved or agreeing; 1: something is refuted; 2: bad input; 3: something is
    undecided that is not on the list of verify/undecided.py. --examples counts per property test.
    """
    with extra("verify run", "verify"):
        from verify.ladder import exit_code

        reports = _verify(losses, parse_settings(settings), examples, seed)
    code = exit_code(reports)
    if form == "json":
        document = {"exit_code": code, "losses": [report.to_json() for report in reports]}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _print_table(reports)
    sys.exit(code)


def _verify(
    losses: tuple[str, ...], settings: dict[str, str], examples: int, seed: int
) -> "list[LossReport]":
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from derive.objectives import names
    from verify.checks import CHECKS
    from verify.ladder import verify_loss

    chosen = list(dict.fromkeys(losses)) or names()
    _check_input(chosen, settings)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(chosen) * len(CHECKS))

        def show(loss: str, check: str) -> None:
            done = int(bar.tasks[task].completed)
            bar.update(
                task, description=f"{loss}: {check} ({done + 1} of {len(chosen) * len(CHECKS)})"
            )
            bar.advance(task)

        return [
            verify_loss(name, settings, examples=examples, seed=seed, progress=show)
            for name in chosen
        ]


def _check_input(losses: list[str], settings: dict[str, str]) -> None:
    """Bad input is reported before the first check runs."""
    from derive.errors import ContragradError, HyperparameterError
    from derive.hyper import read_settings
    from derive.sources import find
    from verify.inputs import check_inputs

    for loss in losses:
        objective = find(loss)
        check_inputs(objective)
        try:
            read_settings(objective.hyper, settings)
        except ContragradError as error:
            raise HyperparameterError(
                f"{loss}: {error} --set holds for every loss of the run: choose them with --loss."
            ) from error


def _print_table(reports: "list[LossReport]") -> None:
    from rich.console import Console
    from rich.table import Table

    colours = {"proved": "green", "agreed": "green", "refuted": "bold red", "undecided": "yellow"}
    table = Table()
    for title in ("loss", "check", "verdict", "detail"):
        table.add_column(title, overflow="fold")
    table.add_column("s", justify="right")
    for report in reports:
        for at, result in enumerate(report.results):
            verdict = result.verdict.value
            table.add_row(
                "" if at else report.loss.replace("[", "\\["),
                result.check,
                f"[{colours[verdict]}]{verdict}[/]",
                result.detail.replace("[", "\\["),
                f"{result.seconds:.2f}",
                end_section=at == len(report.results) - 1,
            )
    console = Console()
    console.print(table)
    own = [report.loss for report in reports if report.reference == "formula"]
    if own:
        console.print(_reference_note(own), markup=False)
    total = sum(report.seconds for report in reports)
    console.print(_summary(reports) + f" in {total:.1f} s")


def _reference_note(losses: list[str]) -> str:
    return (
        f"Reference of {', '.join(losses)}: the formula itself, in plain torch under autograd (no "
        "oracle). That checks what is derived from the formula, not that it is the formula meant."
    )


def _summary(reports: "list[LossReport]") -> str:
    counts: dict[str, int] = {}
    for report in reports:
        counts[report.verdict.value] = counts.get(report.verdict.value, 0) + 1
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
