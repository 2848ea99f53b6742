"""A comparison on the screen: tables, and each curve as a line of text between its ends."""

import re
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from reports.comparison.comparison import Comparison, Plotted
from reports.comparison.curves import SAMPLES, Curve, mean_of
from reports.comparison.sparkline import WIDTH, sparkline
from reports.comparison.tables import scores_table, settings_table
from reports.outputs import Table

LABEL = 24  # characters of a label beside a curve


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Settings, scores, curves, and what is missing. Nothing is coloured where it is piped."""
    console.print(_table(settings_table(comparison)))
    if comparison.scores:
        console.print(_table(scores_table(comparison)))
    labels = [x.label for x in comparison.subjects]
    for plotted in comparison.plots:
        for line in _curves(plotted, labels):
            console.print(Text(line), soft_wrap=True)
    console.print()
    for subject in comparison.subjects:
        for note in subject.notes:
            console.print(Text(f"{subject.label}: {note}"), soft_wrap=True)
    for sentence in comparison.absent:
        console.print(Text(sentence), soft_wrap=True)


def _table(table: Table) -> RichTable:
    """A table of cells as rich has it; a mark in brackets."""
    shown = RichTable(title=Text(table.title), caption=Text(table.caption), title_justify="left",
                      caption_justify="left")  # fmt: skip
    for name in table.head:
        shown.add_column(Text(name), overflow="fold", no_wrap=name in ("run", "seeds"))
    above = ""
    for row in table.rows:
        first, *others = (Text(f"{x.text} [{x.mark}]" if x.mark else x.text) for x in row)
        shown.add_row(Text("") if first.plain == above else first, *others)
        above = first.plain
    return shown


def _curves(plotted: Plotted, labels: Sequence[str]) -> Iterator[str]:
    """Lines of text: the title, then of each panel its quantity and a line a subject, the mean over
    its seeds between its own least and greatest value."""
    yield ""
    yield plotted.title
    wide = max(len(_short(x)) for x in labels)
    points = min(WIDTH, max(len(curve.steps) for x in plotted.panels for curve in x.curves))
    for panel in plotted.panels:
        text = f", {SAMPLES[panel.sample]}" if panel.sample else ""
        yield f"  {_plain(panel.quantity.label)}{text}"
        for subject in sorted({x.subject for x in panel.curves}):
            values = _mean([x for x in panel.curves if x.subject == subject])
            known = [x for x in values if x is not None]
            if not known:  # no step at which all seeds have a value
                continue
            low, high = min(known), max(known)
            first, last, least, most = (_number(x) for x in (known[0], known[-1], low, high))
            line = sparkline(values, (low, high))
            yield (
                f"    {_short(labels[subject]):<{wide}} {first:>9} {line:<{points}} {last}"
                f"   [{least} … {most}]"
            )


def _short(label: str) -> str:
    """The end of a long label, which tells it apart."""
    return label if len(label) <= LABEL else "…" + label[1 - LABEL :]


def _number(x: float) -> str:
    return f"{x:.4g}".replace("-", "−")


def _mean(curves: Sequence[Curve]) -> list[float | None]:
    """The mean over the seeds, None where one has no value."""
    _, values = mean_of(curves)
    return [None if x != x else x for x in values]


def _plain(label: str) -> str:
    """L$_{align}$ as L_align, θ$_{ii'}$ as θ_ii'."""
    return re.sub(r"\$_\{?([^}$]*)\}?\$", r"_\1", label)
