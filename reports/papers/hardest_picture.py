"""The picture of 001, Figure 3, from its curves."""

from collections.abc import Sequence
from functools import partial
from math import pi
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from reports.figures import NEGATIVE_LABEL, radians
from reports.heatmap import Settings
from reports.outputs import Data, Picture
from reports.papers.mean_angles import errors, interval, recorded, same_draws
from reports.svg import DASHES

if TYPE_CHECKING:
    from reports.papers.hardest import Curve
    from reports.svg import Palette

READ_OFF = 0.05  # the temperature of the paper's baseline, whose peak the caption states
_SHARES = (0.01, 0.03, 0.1, 0.3, 1.0)
_ROOM_BELOW = 0.05


def picture(loss: str, curves: "Sequence[Curve]", settings: Settings) -> Picture:
    """One panel with all curves."""
    return Picture(
        name="001-figure-3",
        title="Share of the hardest negative in the exponential weight, by temperature",
        caption=_caption(loss, curves, settings),
        alternative=_alternative(curves, settings),
        settings={
            **{x: y for x, y in recorded(settings, {}).items() if not x.endswith("_pos")},
            "loss": loss,
            "tau": ", ".join(f"{x.tau:g}" for x in curves),
        },
        data=Data(
            {
                "tau": [x.tau for x in curves for _ in x.share],
                "mu_neg_rad": settings.negative_means.tolist() * len(curves),
                "mean_share": [y for x in curves for y in x.share.tolist()],
                "standard_error": [y for x in curves for y in x.error.tolist()],
            }
        ),
        draw=partial(_draw, curves, settings),
    )


def _caption(loss: str, curves: "Sequence[Curve]", s: Settings) -> str:
    baseline = next(x for x in curves if x.tau == READ_OFF)
    peak = int(baseline.share.argmax())
    return (
        f"Mean of W_ij* / Σ_j W_ij, j* the negative nearest to the anchor, with the W derived from "
        f"{loss}, at τ = {', '.join(f'{x.tau:g}' for x in curves)}. Each of {s.cells} points is "
        f"the mean of {s.batches:,} batches of {s.negatives} negatives, θ_ij' ~ N(μ_neg, "
        f"{s.negative_spread:g}²) rad, folded into [0, π]; μ_neg at the centres of {s.cells} equal "
        f"parts of {interval(s.negative_interval)}. {same_draws(s)} The paper fixes μ_pos = π/6; "
        "this weight does not contain θ_ii', so that no value of μ_pos changes a curve. Bands: one "
        f"standard error. {errors(np.stack([x.error for x in curves]))} At τ = {READ_OFF:g} the "
        f"share peaks at {baseline.share[peak]:.2f} (μ_neg = "
        f"{s.negative_means[peak] / pi:.2f}π). Logarithmic scale."
    )


def _alternative(curves: "Sequence[Curve]", s: Settings) -> str:
    peaks = ", ".join(
        f"{x.share.max():.2g} at μ_neg = {s.negative_means[x.share.argmax()] / pi:.2f}π for "
        f"τ = {x.tau:g}"
        for x in curves
    )
    return f"{len(curves)} curves of the mean share over μ_neg. Their peaks: {peaks}."


def _draw(curves: "Sequence[Curve]", s: Settings, palette: "Palette") -> Figure:
    figure = Figure(figsize=(6.4, 3.9), layout="constrained")
    axes = figure.subplots()
    axes.set_yscale("log")
    for x, colour, dash in zip(curves, palette.series, DASHES, strict=False):
        axes.fill_between(
            s.negative_means, x.share - x.error, x.share + x.error, color=colour, alpha=0.3, lw=0
        )
        axes.plot(s.negative_means, x.share, color=colour, linestyle=dash, linewidth=1.6)
    _even(axes, s, palette)
    _label(axes, curves, s, palette)
    axes.set_xlim(*s.negative_interval)
    radians(axes, s.negative_interval, [pi / 4, pi / 2, 3 * pi / 4], "x")
    axes.set_xlabel(NEGATIVE_LABEL)
    axes.set_ylabel("mean share of the hardest negative")
    axes.set_ylim(top=1)
    axes.yaxis.set_major_locator(FixedLocator(_SHARES))
    axes.yaxis.set_major_formatter(FixedFormatter([f"{x:g}" for x in _SHARES]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(axis="y")
    return figure


def _even(axes: Axes, s: Settings, palette: "Palette") -> None:
    """The share where all negatives weigh the same: no curve is below."""
    even = 1 / s.negatives
    axes.set_ylim(bottom=even / 1.7)
    axes.axhline(even, color=palette.ink, linewidth=0.8)
    axes.annotate(
        f"1/{s.negatives}: equal weights", (s.negative_interval[1], even), xytext=(-4, -4),
        textcoords="offset points", ha="right", va="top", fontsize=9,
    )  # fmt: skip


def _label(axes: Axes, curves: "Sequence[Curve]", s: Settings, palette: "Palette") -> None:
    """Each curve's τ below its middle, or above it where the next curve is close below."""
    middle = int(abs(s.negative_means - pi / 2).argmin())
    lowest = min(curves, key=lambda x: x.share[middle])
    for x, colour in zip(curves, palette.series, strict=False):
        offset, side = (0, 3), "bottom"
        if x is lowest:
            offset, side = (-70, -20), "center"
        elif x.share[middle] > _ROOM_BELOW:
            offset, side = (0, -4), "top"
        axes.annotate(
            f"τ = {x.tau:g}", (s.negative_means[middle], x.share[middle]), xytext=offset,
            textcoords="offset points", color=colour, fontsize=9.5, ha="center", va=side,
            arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.8} if x is lowest else None,
        )  # fmt: skip
