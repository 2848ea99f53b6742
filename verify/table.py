"""Reports as a table for people, with a program for every counterexample."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from derive.verdict import Verdict
from verify.report import LossReport

if TYPE_CHECKING:
    from verify.parallel import Plan

_COLOURS = {"proved": "green", "agreed": "green", "refuted": "bold red", "undecided": "yellow"}


def print_table(reports: Sequence[LossReport], plan: "Plan") -> None:
    """On standard output: the table, what was compared with, counterexamples, and the counts."""
    console = Console()
    console.print(_table(reports))
    own = [report.loss for report in reports if report.reference == "formula"]
    if own:
        console.print(_reference_note(own), markup=False)
    for report in reports:
        for result in report.results:
            if result.verdict is Verdict.REFUTED:
                again = (
                    f"{report.loss}, {result.check}. Again: {plan.again(report.loss, result.check)}"
                )
                console.print(again, markup=False, soft_wrap=True)
                console.print(result.snippet, markup=False, highlight=False, soft_wrap=True)
    total = sum(report.seconds for report in reports)
    console.print(f"{_summary(reports)} in {total:.1f} s of processor time")


def _table(reports: Sequence[LossReport]) -> Table:
    table = Table()
    for title in ("loss", "rung", "verdict", "detail"):
        table.add_column(title, overflow="fold")
    table.add_column("s", justify="right")
    for report in reports:
        for at, result in enumerate(report.results):
            verdict = result.verdict.value
            table.add_row(
                "" if at else report.loss.replace("[", "\\["),
                f"{result.rung} {result.check}" if result.rung else result.check,
                f"[{_COLOURS[verdict]}]{verdict}[/]",
                result.detail.replace("[", "\\["),
                f"{result.seconds:.2f}",
                end_section=at == len(report.results) - 1,
            )
    return table


def _reference_note(losses: Sequence[str]) -> str:
    return (
        f"Reference of {', '.join(losses)}: the formula itself, in plain torch under autograd (no "
        "oracle). That checks what is derived from the formula, not that it is the formula meant."
    )


def _summary(reports: Sequence[LossReport]) -> str:
    counts: dict[str, int] = {}
    for report in reports:
        counts[report.verdict.value] = counts.get(report.verdict.value, 0) + 1
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
