"""Pictures of computed values and of records. Nothing is computed here."""

from collections.abc import Sequence
from fractions import Fraction
from math import pi
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import FixedLocator, MaxNLocator
from matplotlib.transforms import ScaledTranslation

from reports.heatmap import Floats, Heatmap, Settings
from reports.runs import Run
from reports.svg import ACCENT, FAINT, INK, inline_svg, styled

LEVELS = (0.1, 0.9)  # contours of the heatmap: the band where the dissipation acts
POSITIVE_LABEL = r"positive: mean angle μ$_{\rm pos}$ [rad]"
NEGATIVE_LABEL = r"negatives: mean angle μ$_{\rm neg}$ [rad]"


def heatmap_svg(heatmap: Heatmap) -> str:
    """μ_neg across, μ_pos upwards, both to the same scale, so that μ_pos = μ_neg is a diagonal."""
    with styled():
        figure = Figure(figsize=(6.4, 3.3), layout="constrained")
        axes = figure.subplots()
        image = draw_dissipation(axes, heatmap)
        axes.set_aspect("equal")
        axes.set_xlabel(NEGATIVE_LABEL)
        axes.set_ylabel(r"positive: μ$_{\rm pos}$ [rad]")
        dissipation_bar(figure.colorbar(image, ax=axes, shrink=0.8))
        return inline_svg(figure, f"gd-{heatmap.loss}", describe_heatmap(heatmap))


def draw_dissipation(axes: Axes, heatmap: Heatmap) -> AxesImage:
    """The mean GD on axes, its contours, and the diagonal; `dissipation_bar` is its key."""
    image = draw_map(axes, heatmap.settings, heatmap.mean, vmin=0, vmax=1, cmap="cividis")
    low, high = heatmap.mean.min(), heatmap.mean.max()
    levels = [x for x in LEVELS if low < x < high]
    if levels:
        axes.contour(
            heatmap.settings.negative_means, heatmap.settings.positive_means, heatmap.mean,
            levels=levels, colors=[_seen_on(x) for x in levels], linewidths=1.0,
        )  # fmt: skip
    draw_diagonal(axes, heatmap.settings)
    return image


def draw_map(axes: Axes, settings: Settings, values: Floats, **style: Any) -> AxesImage:
    """One colour a cell, over the intervals of the means. style: of `Axes.imshow`."""
    x, y = settings.negative_interval, settings.positive_interval
    image = axes.imshow(
        values, origin="lower", extent=(*x, *y), interpolation="none", aspect="auto", **style
    )
    axes.set_xlim(*x)
    axes.set_ylim(*y)
    radians(axes, x, [pi / 2], "x")
    radians(axes, y, [pi / 4], "y")
    return image


def draw_diagonal(axes: Axes, settings: Settings) -> None:
    """μ_pos = μ_neg, dark under light dashes: seen on every colour of the map."""
    x, y = settings.negative_interval, settings.positive_interval
    ends = [max(x[0], y[0]), min(x[1], y[1])]
    axes.plot(ends, ends, color="black", linewidth=2.4)
    axes.plot(ends, ends, color="white", linewidth=1.2, linestyle=(0, (4, 3)))
    middle = sum(ends) / 2
    beside = axes.transData + ScaledTranslation(-4 / 72, 1 / 72, axes.figure.dpi_scale_trans)
    axes.text(
        middle, middle, r"μ$_{\rm pos}$ = μ$_{\rm neg}$", rotation=45, rotation_mode="anchor",
        transform_rotates_text=True, transform=beside, ha="center", va="bottom", color="black",
        fontsize=9,
    )  # fmt: skip


def dissipation_bar(bar: Colorbar) -> None:
    """The scale of the maps, with the contours' levels on it."""
    bar.set_label("mean GD")
    bar.set_ticks([0, *LEVELS, 1])
    for level in LEVELS:
        bar.ax.axhline(level, color=_seen_on(level), linewidth=1.0)
    if bar.solids is not None:
        bar.solids.set_rasterized(True)


def _seen_on(level: float) -> str:
    """White where the map is dark, black where it is bright."""
    return "white" if level < 0.5 else "black"


def describe_heatmap(heatmap: Heatmap) -> str:
    """The picture in words."""
    positive, negative = heatmap.settings.positive_means, heatmap.settings.negative_means
    middle = int(abs(positive - pi / 4).argmin())
    row = heatmap.mean[middle]
    falls = negative[row < 0.5]
    where = "it stays above one half"
    if len(falls):
        where = f"it falls below one half at μ_neg = {falls[0] / pi:.2f}π"
    return (
        f"Heatmap of the mean gradient dissipation of {heatmap.loss} over μ_neg and μ_pos, from "
        f"{heatmap.mean.min():.2g} to {heatmap.mean.max():.2g}. "
        f"Along μ_pos = {positive[middle] / pi:.2f}π {where}."
    )


def radians(axes: Axes, ends: tuple[float, float], between: Sequence[float], side: str) -> None:
    """Ticks at the ends of an interval and between, in multiples of π."""
    axis = axes.xaxis if side == "x" else axes.yaxis
    ticks = [ends[0], *between, ends[1]]
    axis.set_major_locator(FixedLocator(ticks))
    labels = axis.set_ticklabels([in_pi(x) for x in ticks])
    if side == "x":  # or those of two panels side by side touch
        labels[0].set_horizontalalignment("left")
        labels[-1].set_horizontalalignment("right")


def in_pi(radians: float) -> str:
    """3π/4, π/20, π; a decimal multiple where no denominator up to 40 fits."""
    share = Fraction(radians / pi).limit_denominator(40)
    if abs(float(share) * pi - radians) > 1e-9:
        return f"{radians / pi:.3g}π"
    if not share:
        return "0"
    top = "π" if share.numerator == 1 else f"{share.numerator}π"
    return top if share.denominator == 1 else f"{top}/{share.denominator}"


def loss_svg(run: Run, name: str) -> str:
    """The recorded loss over the steps; gaps where it was not finite."""
    with styled():
        figure = Figure(figsize=(6.4, 2.6), layout="constrained")
        axes = figure.subplots()
        steps = [x.step for x in run.steps]
        axes.plot(steps, [x.loss for x in run.steps], color=ACCENT, marker="o", markersize=3)
        axes.set_xlabel("step")
        axes.set_ylabel("training loss")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(color=FAINT, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK)
        return inline_svg(figure, name, describe_loss(run))


def describe_loss(run: Run) -> str:
    """The curve in words."""
    first, last = run.steps[0], run.steps[-1]
    return (
        f"Training loss of {run.loss} over {len(run.steps)} records: {first.loss:.4g} at step "
        f"{first.step}, {last.loss:.4g} at step {last.step}."
    )
