"""Tables of scores over seeds: the rows first, then mean and interval."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from train.sweeps.interval import LEVEL
from train.sweeps.seeds import Seeds

MISSING = "–"


def print_seeds(console: Console, title: str, seeds: Seeds) -> None:
    """One row a seed, then the mean with its t-interval."""
    print_steps(console, title, "run", {"": seeds})


def print_steps(console: Console, title: str, what: str, steps: Mapping[str, Seeds | None]) -> None:
    """One block a step: its seeds, then its mean. None: a step that needs no run (a star)."""
    names = score_names([x for x in steps.values() if x is not None])
    table = Table(title=title, caption=f"mean ± half of the {LEVEL:.0%} t-interval over the seeds")
    table.add_column(what)
    table.add_column("seed")
    for name in names:
        table.add_column(name, justify="right")
    for label, seeds in steps.items():
        add_block(table, label, seeds, names)
    console.print(table)


def add_block(table: Table, label: str, seeds: Seeds | None, names: Sequence[str]) -> None:
    """The rows of one step."""
    if seeds is None:
        table.add_row(label, "*", *(MISSING for _ in names), end_section=True)
        return
    for row in seeds.rows:
        values = row.scores()
        shown = [f"{values[x]:.4f}" if x in values else MISSING for x in names]
        table.add_row(label, str(row.seed), *(shown or [""]))
        if row.failure is not None:
            table.add_row("", "", f"failed: {row.failure}", *("" for _ in names[1:]))
    found = seeds.intervals()
    means = [found[x].text() if x in found else MISSING for x in names]
    counted = f"mean of {len(seeds.rows) - len(seeds.failures)}"
    table.add_row(label, counted, *means, end_section=True)


def score_names(seeds: Sequence[Seeds]) -> list[str]:
    """Every score that some seed has, in order; one blank column if there is none."""
    names = dict.fromkeys(name for x in seeds for row in x.rows for name in row.after)
    return list(names) or [""]
