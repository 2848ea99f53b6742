"""The picture of 001, Figure 1: a line a loss, from before its modification to after it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from train.sweeps.interval import Interval

if TYPE_CHECKING:
    from reports.papers.scores import Change
    from reports.svg import Palette

_PRINTED, _OURS = 0, 1  # series
Row = tuple[str, Sequence[float | None], Sequence[Interval | None]]  # loss, before and after
_ROOM = 0.06  # widths of the axes, between the middles of two markers


def draw(score: str, changes: "Sequence[Change]", palette: "Palette") -> Figure:
    """Above the printed averages, below our scores; a column an encoder."""
    encoders = list(dict.fromkeys(x.encoder for x in changes))
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    grid = figure.subplots(2, len(encoders), sharex="row", sharey=True)
    for above, below, encoder in zip(*grid, encoders, strict=True):
        some = [x for x in changes if x.encoder == encoder]
        _panel(above, [(x.loss, x.printed, (None, None)) for x in some], palette.series[_PRINTED])
        own = [(x.loss, [None if y is None else y.mean for y in x.ours], x.ours) for x in some]
        _panel(below, own, palette.series[_OURS])
        above.set_title(f"printed, {encoder}", fontsize=10)
        above.set_xlabel("STS, average of seven [%]")
        below.set_title(f"ours, settings for {encoder}", fontsize=10)
        below.set_xlabel(f"{score} [%]")
    return figure


def _panel(axes: Axes, rows: Sequence[Row], colour: str) -> None:
    for place, (_, means, intervals) in enumerate(rows):
        _pair(axes, -place, means, intervals, colour)
    axes.margins(x=0.25)
    for place, (_, means, _) in enumerate(rows):
        _arrow(axes, -place, means, colour)
    axes.grid(axis="x")
    axes.set_yticks([-i for i in range(len(rows))], [loss for loss, _, _ in rows])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(0.6 - len(rows), 0.7)


def _pair(
    axes: Axes,
    y: float,
    means: Sequence[float | None],
    intervals: Sequence[Interval | None],
    colour: str,
) -> None:
    """Before (open) and after (filled), the values outside."""
    there = [x for x in means if x is not None]
    for mean, own, filled in zip(means, intervals, (False, True), strict=True):
        if mean is None:
            continue
        width = None if own is None or own.half_width is None else [own.half_width]
        axes.errorbar(
            [mean], [y], xerr=width, color=colour, marker="o", markersize=7, capsize=3,
            mfc=colour if filled else "none", mec=colour, mew=1.5,
        )  # fmt: skip
        right = mean > min(there) or (filled and len(set(there)) == 1)
        axes.annotate(f"{mean:.1f}", (mean, y), xytext=(7 if right else -7, 0), fontsize=8.5,
                      textcoords="offset points", ha="left" if right else "right", va="center",
                      color=colour)  # fmt: skip


def _arrow(axes: Axes, y: float, means: Sequence[float | None], colour: str) -> None:
    """From before to after, where there is room between the markers. Call it after `_pair`s."""
    before, after = means
    left, right = axes.get_xlim()
    if before is not None and after is not None and abs(after - before) > _ROOM * (right - left):
        axes.annotate("", (after, y), (before, y), arrowprops={
            "arrowstyle": "->", "color": colour, "lw": 1.4, "shrinkA": 4, "shrinkB": 4,
        })  # fmt: skip
