"""Curves over training steps: every seed thin, their mean thick, with its name at its end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from reports.measurements import Point, mean_along
from reports.outputs import Data, Value
from reports.svg import DASHES

if TYPE_CHECKING:
    from reports.svg import Palette


@dataclass(frozen=True)
class Curve:
    """label: at its end, and in the data; points: of all seeds; colour, dash: numbers in
    `Palette.series` and `DASHES`."""

    label: str
    points: Sequence[Point]
    colour: int = 0
    dash: int = 0

    @property
    def mean(self) -> list[tuple[int, float | None]]:
        """(step, mean over the seeds)."""
        return mean_along(self.points)


def draw_curve(axes: Axes, curve: Curve, palette: "Palette") -> None:
    """The mean over the seeds with its measured points; gaps where it does not exist."""
    colour, seeds = palette.series[curve.colour], sorted({x.seed for x in curve.points})
    for seed in seeds if len(seeds) > 1 else ():
        own = [x for x in curve.points if x.seed == seed]
        axes.plot([x.step for x in own], _gaps(x.value for x in own),
                  color=colour, linewidth=0.6, alpha=0.45)  # fmt: skip
    axes.plot(
        [step for step, _ in curve.mean], _gaps(value for _, value in curve.mean), color=colour,
        linestyle=DASHES[curve.dash], linewidth=1.6, marker="o", markersize=2.6,
        clip_on=False,
    )  # fmt: skip


def seeds_said(curves: Iterable[Curve]) -> str:
    """How `draw_curve` shows several seeds, to be added to a caption; "" where each curve is of
    one."""
    if all(len({x.seed for x in curve.points}) < 2 for curve in curves):
        return ""
    return " Thin: each seed; thick, with points: their mean, at the steps that all seeds have."


def _gaps(values: Iterable[float | None]) -> list[float]:
    return [nan if x is None else x for x in values]


def steps_axis(axes: Axes, *, label: bool = True) -> None:
    """Whole steps from 0 to the last one that is drawn."""
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.set_xlim(0, max(1.0, axes.dataLim.x1))
    axes.grid(axis="y")
    if label:
        axes.set_xlabel("step")


def label_ends(axes: Axes, curves: Sequence[Curve], palette: "Palette", gap: float) -> None:
    """Each curve's name right of its end, moved apart where they would touch.

    gap: the least distance of two names, in heights of the axes. Call it after the limits are set.
    """
    low, high = axes.get_ylim()
    ends = []
    for curve in curves:
        there = [value for _, value in curve.mean if value is not None]
        if there:
            ends.append(((there[-1] - low) / (high - low), curve))
    ends.sort(key=lambda x: x[0])
    for place, (end, curve) in zip(apart([x for x, _ in ends], gap), ends, strict=True):
        colour, moved = palette.series[curve.colour], abs(place - end) > gap / 2
        axes.annotate(
            curve.label, (1.005, end), xytext=(1.045, place), xycoords="axes fraction",
            textcoords="axes fraction", color=colour, fontsize=9, va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.7, "relpos": (0, 0.5),
                        "shrinkA": 1, "shrinkB": 0} if moved else None,
        )  # fmt: skip


def apart(places: Sequence[float], gap: float) -> list[float]:
    """Ascending places in [0, 1] moved as little as need be (least squares) to be `gap` apart;
    they stay in [0, 1] where there is room for all."""
    blocks: list[list[float]] = []  # [sum of place − offset, size]: blocks that touch share a start
    for i, place in enumerate(places):
        blocks.append([place - i * gap, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, size = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += size
    starts = np.repeat([x[0] / x[1] for x in blocks], [int(x[1]) for x in blocks])
    highest = 1 - (len(places) - 1) * gap
    if highest >= 0:
        starts = np.clip(starts, 0, highest)
    return [float(start + i * gap) for i, start in enumerate(starts)]


def curves_data(panels: Mapping[str, Sequence[Curve]]) -> Data:
    """The values drawn, by quantity: every seed's, and the mean over seeds where there are more."""
    rows: list[tuple[Value, ...]] = []
    for quantity, curves in panels.items():
        for curve in curves:
            rows += [(quantity, curve.label, x.seed, x.step, x.value) for x in curve.points]
            if len({x.seed for x in curve.points}) > 1:
                rows += [(quantity, curve.label, "mean", step, x) for step, x in curve.mean]
    names = ("quantity", "curve", "seed", "step", "value")
    return Data({name: [row[i] for row in rows] for i, name in enumerate(names)})
