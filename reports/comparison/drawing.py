"""Panels as a picture: a colour and a dash a subject; a thin line a seed, a thick one the mean."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import ceil, isnan
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.comparison.curves import SAMPLES, Curve, Panel, mean_of
from reports.outputs import Data, Picture, Value
from reports.svg import DASHES, Palette

WIDE = 6.4  # inches
HIGH = 2.15  # of a row of panels
WIDE_RANGE = 30  # greatest over least, beyond which lengths are drawn on a logarithmic axis


def picture(
    name: str, title: str, caption: str, panels: Sequence[Panel], labels: Sequence[str]
) -> Picture:
    """A picture of these panels, two in a row."""
    said = {f"run {n}": label for n, label in enumerate(labels, 1)}
    return Picture(
        name, title, caption, in_words(title, panels, labels), said, data_of(panels, labels),
        partial(draw, panels, labels),
    )  # fmt: skip


def draw(panels: Sequence[Panel], labels: Sequence[str], palette: Palette) -> Figure:
    """The figure; the subjects are named above it."""
    columns = min(2, len(panels))
    rows = ceil(len(panels) / columns)
    figure = Figure(figsize=(WIDE, HIGH * rows + 0.35), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=False, squeeze=False)
    for axes, panel in zip(grid.flat, panels, strict=False):
        _panel(axes, panel, palette)
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_visible(False)
    _same_scale(dict(zip(panels, grid.flat, strict=False)))
    shown = sorted({curve.subject for panel in panels for curve in panel.curves})
    handles = [_line(grid[0][0], n, palette) for n in shown]
    figure.legend(
        handles, [labels[n] for n in shown], loc="outside upper left", ncols=min(3, len(shown)),
        handlelength=3.2, fontsize=9,
    )  # fmt: skip
    return figure


def _same_scale(drawn: Mapping[Panel, Axes]) -> None:
    """A quantity of two texts has one scale: their curves are there to be held together."""
    for panel, axes in drawn.items():
        beside = [
            x for other, x in drawn.items() if panel.sample and other.quantity == panel.quantity
        ]
        for other in beside:
            low, high = zip(axes.get_ylim(), other.get_ylim(), strict=True)
            axes.set_ylim(min(low), max(high))


def _line(axes: Axes, subject: int, palette: Palette) -> Any:
    """A line without points: an entry of the legend."""
    return axes.plot([], [], color=palette.series[subject], linestyle=DASHES[subject], lw=1.8)[0]


def _panel(axes: Axes, panel: Panel, palette: Palette) -> None:
    for subject in sorted({x.subject for x in panel.curves}):
        mine = [x for x in panel.curves if x.subject == subject]
        colour, dash = palette.series[subject], DASHES[subject]
        if len(mine) > 1:
            for curve in mine:
                axes.plot(*_drawn(curve), color=colour, lw=0.6, alpha=0.6)
        steps, values = _drawn(mine[0]) if len(mine) == 1 else mean_of(mine)
        axes.plot(steps, values, color=colour, linestyle=dash, lw=1.8)
        if sum(y == y for y in values) <= 12:  # few points: where they are
            axes.plot(steps, values, color=colour, linestyle="", marker="o", markersize=3)
    axes.set_ylabel(panel.quantity.label, fontsize=9)
    axes.set_xlabel("step", fontsize=9)
    if panel.sample:
        axes.set_title(SAMPLES[panel.sample], fontsize=9, loc="left", color=palette.ink)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
    if is_wide(panel):
        axes.set_yscale("log")
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.tick_params(labelsize=8.5)
    axes.grid(color=palette.faint, linewidth=0.6)


def is_wide(panel: Panel) -> bool:
    """Whether lengths, all above 0, span so much that a linear axis would hide the smaller ones."""
    known = [x for curve in panel.curves for x in curve.values if x is not None]
    return (
        panel.quantity.path[:1] == ("gradient",)
        and min(known) > 0
        and max(known) > WIDE_RANGE * min(known)
    )


def _drawn(curve: Curve) -> tuple[list[int], list[float]]:
    """Steps and values, NaN where there is none: matplotlib leaves a gap."""
    return list(curve.steps), [float("nan") if x is None else x for x in curve.values]


def data_of(panels: Sequence[Panel], labels: Sequence[str]) -> Data:
    """Every value drawn, in long form; those of a thick mean are of the seed "mean"."""
    rows: list[tuple[Value, ...]] = [
        (labels[curve.subject], curve.seed, panel.quantity.key, panel.sample, step, value)
        for panel in panels
        for curve in (*panel.curves, *_means(panel))
        for step, value in zip(curve.steps, curve.values, strict=True)
    ]
    names = ("run", "seed", "quantity", "text", "step", "value")
    return Data({name: [row[n] for row in rows] for n, name in enumerate(names)})


def _means(panel: Panel) -> Iterator[Curve]:
    """The mean over the seeds, of each subject with several curves."""
    for subject in sorted({x.subject for x in panel.curves}):
        mine = [x for x in panel.curves if x.subject == subject]
        if len(mine) > 1:
            steps, values = mean_of(mine)
            yield Curve(
                subject, "mean", tuple(steps), tuple(None if isnan(x) else x for x in values)
            )


def in_words(title: str, panels: Sequence[Panel], labels: Sequence[str]) -> str:
    """The picture for who does not see it: each curve's first and last value."""
    sentences = []
    for panel in panels:
        ends = []
        for curve in panel.curves:
            known = [(s, x) for s, x in zip(curve.steps, curve.values, strict=True)
                     if x is not None]  # fmt: skip
            (first, a), (last, b) = known[0], known[-1]
            ends.append(f"{labels[curve.subject]}, seed {curve.seed}: {a:.4g} at step {first}, "
                        f"{b:.4g} at step {last}")  # fmt: skip
        text = f", {SAMPLES[panel.sample]}" if panel.sample else ""
        sentences.append(f"{panel.quantity.key}{text}: {'; '.join(ends)}.")
    return f"{title}. {' '.join(sentences)}"
