"""001, Figure 5: the angles of held-out pairs under the baseline, and under it with GD = 1.

The paper smooths them (KDE) and draws a panel a kind of pair. Here a panel has both kinds of one
loss, as counted, since Conjecture 1 is about the distance between the two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import acos, cos, pi
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter
from numpy.typing import NDArray

from reports.context import Context
from reports.figures import in_pi
from reports.measurements import after
from reports.outputs import Data, Picture
from reports.plans import measured
from reports.provenance import Provenance, provenance
from reports.runs import Run
from reports.svg import DASHES

if TYPE_CHECKING:
    from reports.svg import Palette

LOSSES = {"001-figure-5-baseline": "baseline", "001-figure-5-without-gd": "baseline with GD = 1"}
PAIRS = {
    "negative": r"θ$_{ij'}$, anchor and negative",
    "positive": r"θ$_{ii'}$, anchor and positive",
}
_COLOURS = {"negative": 1, "positive": 0}
_LABELS_FROM = 0.78  # of the height: the histograms and the means end below
_MARGIN = 3  # empty bins that are shown beside the outermost pair


@dataclass(frozen=True)
class Angles:
    """density: of θ in equal bins over [0, π], 1/rad; n: pairs; mean, std: of θ in radians."""

    density: NDArray[np.float64]
    n: int
    mean: float
    std: float


Panels = Mapping[str, Mapping[str, Angles]]  # loss → kind of pair → angles


def figure_5(context: Context) -> Sequence[Picture]:
    """Raises `NeedsRunsError` without the runs."""
    found = measured(context.records, tuple(LOSSES))
    panels = {
        title: {kind: pooled(found[recipe], kind) for kind in PAIRS}
        for recipe, title in LOSSES.items()
    }
    made = provenance(found)
    return [
        Picture(
            name="001-figure-5",
            title="Angles of held-out pairs after training, with dissipation and with GD = 1",
            caption=_caption(panels, made),
            alternative=_gaps(panels),
            settings=made.settings,
            data=_data(panels),
            draw=partial(_draw, panels),
        )
    ]


def pooled(runs: Sequence[Run], kind: str) -> Angles:
    """The pairs of all seeds together, as measured after the last step."""
    samples: list[Mapping[str, Any]] = [after(run)["angles"][kind] for run in runs]
    counts = np.sum([x["histogram"] for x in samples], axis=0)
    n = np.array([x["n"] for x in samples])
    means, stds = (np.array([x[name] for x in samples]) for name in ("mean", "std"))
    mean = float((n * means).sum() / n.sum())
    square = float((n * (stds**2 + means**2)).sum() / n.sum())
    width = pi / len(counts)
    return Angles(counts / (counts.sum() * width), int(n.sum()), mean, (square - mean**2) ** 0.5)


def _gaps(panels: Panels) -> str:
    """The finding in numbers."""
    told = [
        f"{title}: θ_ii' {x['positive'].mean:.3f} ± {x['positive'].std:.3f} rad, θ_ij' "
        f"{x['negative'].mean:.3f} ± {x['negative'].std:.3f} rad, "
        f"{x['negative'].mean - x['positive'].mean:.3f} rad apart"
        for title, x in panels.items()
    ]
    return f"Means and standard deviations. {'. '.join(told)}."


def _caption(panels: Panels, made: Provenance) -> str:
    first = next(iter(panels.values()))
    bins = len(first["positive"].density)
    return (
        f"Angles of held-out pairs after the last step: {first['positive'].n:,} of anchor and "
        f"positive, {first['negative'].n:,} of anchor and negative a loss, in {bins} equal bins "
        f"over [0, π], not smoothed. {_gaps(panels)} {made.sentences}"
    )


def _data(panels: Panels) -> Data:
    """A row a bin; with each the mean and deviation of its loss and kind of pair, also drawn."""
    rows = [
        (loss, kind, i * width, (i + 1) * width, float(y), x.mean, x.std)
        for loss, kinds in panels.items()
        for kind, x in kinds.items()
        for width in (pi / len(x.density),)
        for i, y in enumerate(x.density)
    ]
    names = ("loss", "pair", "from_rad", "to_rad", "density_per_rad", "mean_rad", "deviation_rad")
    return Data({name: [row[i] for row in rows] for i, name in enumerate(names)})


def _draw(panels: Panels, palette: "Palette") -> Figure:
    figure = Figure(figsize=(6.4, 5.0), layout="constrained")
    all_axes = figure.subplots(len(panels), 1, sharex=True, sharey=True)
    highest = max(x.density.max() for kinds in panels.values() for x in kinds.values())
    for axes, (title, kinds) in zip(all_axes, panels.items(), strict=True):
        for kind, x in kinds.items():
            _steps(axes, kind, x, palette)
        axes.set_title(title, loc="left", fontsize=10)
        axes.set_ylabel("density [1/rad]")
        axes.set_ylim(0, highest / _LABELS_FROM)
    _angle_axis(all_axes[-1], panels)
    _cosine_axis(all_axes[-1])
    return figure


def _steps(axes: Axes, kind: str, x: Angles, palette: "Palette") -> None:
    colour = palette.series[_COLOURS[kind]]
    edges = np.linspace(0, pi, len(x.density) + 1)
    axes.stairs(x.density, edges, color=colour, fill=True, alpha=0.22)
    axes.stairs(x.density, edges, color=colour, linewidth=1.4)
    axes.axvline(x.mean, ymax=_LABELS_FROM, color=colour, linestyle=DASHES[2], linewidth=1.2)
    place, side = {"positive": (0.01, "left"), "negative": (0.99, "right")}[kind]
    axes.text(
        place, 0.99, f"{PAIRS[kind]}\nmean {x.mean:.3f} rad (dotted), deviation {x.std:.3f} rad",
        transform=axes.transAxes, ha=side, va="top", color=colour, fontsize=9,
    )  # fmt: skip


def _angle_axis(axes: Axes, panels: Panels) -> None:
    """From the first bin that holds a pair to the last, in multiples of π/8."""
    filled = np.sum([x.density for p in panels.values() for x in p.values()], axis=0) > 0
    width, places = pi / len(filled), np.flatnonzero(filled)
    axes.set_xlim(
        max(0, places[0] - _MARGIN) * width, min(len(filled), places[-1] + 1 + _MARGIN) * width
    )
    axes.xaxis.set_major_locator(FixedLocator([i * pi / 8 for i in range(9)]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: in_pi(x) if x else "0"))
    axes.set_xlabel("angle θ [rad]")


def _cosine_axis(axes: Axes) -> None:
    """The same in cosines, which the paper draws, below."""
    below = axes.secondary_xaxis(-0.36)
    ticks = [x / 4 for x in range(4, -5, -1)]
    below.xaxis.set_major_locator(FixedLocator([acos(x) for x in ticks]))
    below.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: f"{round(cos(x), 2) + 0.0:g}".replace("-", "−"))
    )
    below.set_xlabel("cos θ")
