"""The picture of 001, Figure 4, from the maps of its ratios."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from reports.figures import NEGATIVE_LABEL, POSITIVE_LABEL, draw_map
from reports.heatmap import Floats
from reports.outputs import Data, Picture
from reports.papers.mean_angles import (
    cells_of,
    errors,
    listed,
    over_panel,
    recorded,
    sampling,
    with_values,
)

if TYPE_CHECKING:
    from reports.papers.ratios import RatioMap
    from reports.svg import Palette

CLAIMED = (1.0, 2.0)  # 001, §3.1.3: "mostly fall between 1 and 2"
STRICTER = 0.5  # another least dissipation, to see what the first decides
_SCALE = (0.25, 0.5, 1.0, 2.0, 4.0)
_DASHES = ("-", (0, (4, 2)))  # of the lines at the ends of the claim
_VEIL, _HATCH = (1.0, 1.0, 1.0, 0.7), "#666666"
_ABOVE = r"μ$_{\rm pos}$ > μ$_{\rm neg}$"


def picture(maps: "Sequence[RatioMap]", least: float) -> Picture:
    """One panel a loss; least: the mean GD below which a cell counts as out of reach."""
    return Picture(
        name="001-figure-4",
        title=f"Mean ratio R of {listed([x.loss for x in maps])}",
        caption=_caption(maps, least),
        alternative=_alternative(maps, least),
        settings={
            **recorded(maps[0].settings, {x.loss: x.hyper for x in maps}),
            "least mean GD": least,
        },
        data=_data(maps, least),
        draw=partial(_draw, maps, least),
    )


def _data(maps: "Sequence[RatioMap]", least: float) -> Data:
    count = maps[0].ratio.mean.size
    by_map = {
        "mean_ratio": [x.ratio.mean for x in maps],
        "standard_error": [x.ratio.error for x in maps],
        "median_ratio": [x.ratio.median for x in maps],
        "mean_ratio_over_all_negatives": [x.printed for x in maps],
        "mean_gd": [x.dissipation.mean for x in maps],
        "within_reach": [x.reached(least).astype(int) for x in maps],
    }
    return Data(
        {
            "loss": [x.loss for x in maps for _ in range(count)],
            **{name: column * len(maps) for name, column in cells_of(maps[0].settings).items()},
            **{name: np.stack(parts).ravel().tolist() for name, parts in by_map.items()},
        }
    )


def _caption(maps: "Sequence[RatioMap]", least: float) -> str:
    low, high = CLAIMED
    error = np.stack([x.ratio.error for x in maps])
    return (
        f"Mean R_i of {listed([with_values(x.loss, x.hyper) for x in maps])}, from the derived "
        "R_i, at the negative that the loss pushes: of MET and MAT the hardest. The "
        f"hyper-parameters are the catalogue's defaults: 001 prints none for this figure. "
        f"{sampling(maps[0].settings)} {errors(error)} Hatched, out of reach: μ_pos > μ_neg, and "
        f"a mean GD below {least:g}. Lines: R = {low:g} (solid) and {high:g} (dashed); colours "
        f"end at {_SCALE[0]:g} and {_SCALE[-1]:g}. {_findings(maps, least)}"
    )


def _findings(maps: "Sequence[RatioMap]", least: float) -> str:
    """How much of what is within reach the paper's claim holds for, and what that rests on."""
    low, high = CLAIMED
    means, medians = [x.ratio.mean for x in maps], [x.ratio.median for x in maps]
    return (
        f"Of the cells within reach, {low:g} ≤ R ≤ {high:g} in {_shares(maps, means, least)}; "
        f"where a mean GD of {STRICTER:g} is asked for, in {_shares(maps, means, STRICTER)}. "
        "001's Table 1 leaves j free in R: averaged over all j instead, in "
        f"{_shares(maps, [x.printed for x in maps], least)}. The paper says “mostly”. R grows as "
        "1/θ_ii' at 0, where the normal density is not 0, so that its expectation is infinite and "
        "a mean depends on the smallest angle drawn; by the medians, in the CSV, the shares are "
        f"{_shares(maps, medians, least)}."
    )


def _shares(maps: "Sequence[RatioMap]", values: Sequence[Floats], least: float) -> str:
    shares = [x.share(y, *CLAIMED, least) for x, y in zip(maps, values, strict=True)]
    return listed([f"{share:.0%} ({x.loss})" for x, share in zip(maps, shares, strict=True)])


def _alternative(maps: "Sequence[RatioMap]", least: float) -> str:
    said = []
    for x in maps:
        reached = x.ratio.mean[x.reached(least)]
        ends = f"from {reached.min():.2g} to {reached.max():.2g}" if reached.size else "nowhere"
        said.append(f"{x.loss}: {ends}")
    return f"Maps of the mean ratio over μ_neg and μ_pos. Within reach, {'; '.join(said)}."


def _draw(maps: "Sequence[RatioMap]", least: float, palette: "Palette") -> Figure:
    figure = Figure(figsize=(6.4, 3.3), layout="constrained")
    row = figure.subplots(1, len(maps), sharey=True)
    scale = LogNorm(_SCALE[0], _SCALE[-1])
    for axes, x in zip(row, maps, strict=True):
        image = draw_map(axes, x.settings, x.ratio.mean, norm=scale, cmap="PuOr")
        _lines(axes, x)
        _out_of_reach(axes, x, least)
        axes.set_title(over_panel(x.loss, x.hyper), fontsize=9.5, color=palette.ink)
    row[0].set_ylabel(POSITIVE_LABEL)
    figure.supxlabel(NEGATIVE_LABEL, fontsize=10, color=palette.ink)
    _key(figure.colorbar(image, ax=list(row), fraction=0.05, pad=0.02, extend="both"))
    return figure


def _key(bar: Colorbar) -> None:
    """The key of the colours and of the lines."""
    bar.set_label("mean R")
    bar.ax.yaxis.set_major_locator(FixedLocator(_SCALE))
    bar.ax.yaxis.set_major_formatter(FixedFormatter([f"{x:g}" for x in _SCALE]))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    for level, dash in zip(CLAIMED, _DASHES, strict=True):
        bar.ax.axhline(level, color="black", linewidth=1.2, linestyle=dash)
    if bar.solids is not None:
        bar.solids.set_rasterized(True)


def _lines(axes: Axes, x: "RatioMap") -> None:
    """R = 1 and R = 2, as far as they occur."""
    s, values = x.settings, x.ratio.mean
    for level, dash in zip(CLAIMED, _DASHES, strict=True):
        if values.min() < level < values.max():
            axes.contour(
                s.negative_means, s.positive_means, values, levels=[level], colors="black",
                linewidths=1.2, linestyles=[dash],
            )  # fmt: skip


def _out_of_reach(axes: Axes, x: "RatioMap", least: float) -> None:
    """A veil and hatches over μ_pos > μ_neg, and over what the dissipation keeps out."""
    s = x.settings
    (left, right), (bottom, top) = s.negative_interval, s.positive_interval
    start, end = max(left, bottom), min(right, top)
    corners = [(left, top), (left, start), (start, start), (end, end), (end, top)]
    above = Polygon(corners, facecolor=_VEIL, edgecolor=_HATCH, linewidth=0, hatch="////")
    above.set_hatch_linewidth(0.5)
    axes.add_patch(above)
    gone = np.pad(x.dissipation.mean, 1, mode="edge")  # to the ends of the intervals
    below = axes.contourf(
        [left, *s.negative_means, right], [bottom, *s.positive_means, top], gone,
        levels=[-1, least], colors=[_VEIL], hatches=["\\\\\\\\"],
    )  # fmt: skip
    below.set(edgecolor=_HATCH, linewidth=0, hatch_linewidth=0.5)
    _name(axes, left + 0.45 * (end - left), top - 0.07 * (top - bottom), _ABOVE)
    _name(axes, right - 0.24 * (right - left), bottom + 0.4 * (top - bottom), f"GD < {least:g}")


def _name(axes: Axes, across: float, up: float, text: str) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85}
    axes.text(across, up, text, ha="center", va="center", color="black", fontsize=8, bbox=box)
