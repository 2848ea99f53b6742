"""The counts of a run, loss by loss, and its survivors, as a table or as data."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from verify.mutants.model import Fate, LossMutants
from verify.mutants.run import exit_code

if TYPE_CHECKING:
    from rich.table import Table

RUNGS = ("point", "regimes", "examples", "gates")


def as_json(reports: Sequence[LossMutants]) -> dict[str, Any]:
    totals = {fate.value: sum(len(x.of(fate)) for x in reports) for fate in Fate}
    return {
        "exit_code": exit_code(reports),
        "totals": {"mutants": sum(totals.values()), **totals},
        "killed_by": dict(_killed_by(reports)),
        "losses": [x.to_json() for x in reports],
    }


def _killed_by(reports: Sequence[LossMutants]) -> Counter[str]:
    return Counter(x.rung for report in reports for x in report.of(Fate.KILLED))


def as_table(reports: Sequence[LossMutants]) -> "Table":
    """One line a loss: how many were killed, and by which rung."""
    from rich.table import Table

    table = Table()
    table.add_column("loss", overflow="fold")
    for title in ("mutants", *RUNGS, "equivalent", "survived", "s"):
        table.add_column(title, justify="right")
    for report in reports:
        by = _killed_by([report])
        survived = len(report.of(Fate.SURVIVED))
        table.add_row(
            report.loss.replace("[", "\\["),
            str(len(report.mutants)),
            *[str(by[rung]) for rung in RUNGS],
            str(len(report.of(Fate.EQUIVALENT))),
            f"[bold red]{survived}[/]" if survived else "0",
            f"{report.seconds:.1f}",
        )
    return table


def summary(reports: Sequence[LossMutants]) -> list[str]:
    """The totals, and every survivor with what is known of it."""
    totals = as_json(reports)["totals"]
    by = _killed_by(reports)
    rungs = ", ".join(f"{by[rung]} by {rung}" for rung in RUNGS if by[rung])
    lines = [
        f"{totals['mutants']} mutants: {totals['killed']} killed ({rungs or 'none'}), "
        f"{totals['equivalent']} proved equivalent, {totals['survived']} survived."
    ]
    planted, idle = (sum(getattr(x, name) for x in reports) for name in ("planted", "idle"))
    lines.append(
        f"Of {planted} faults of the lowering, {idle} change nothing that their loss computes, and "
        "are no mutants."
    )
    for report in reports:
        lines += [
            f"survived: {x.loss}, {x.part}, {x.kind}: {x.text} ({x.detail})"
            for x in report.of(Fate.SURVIVED)
        ]
    return lines
