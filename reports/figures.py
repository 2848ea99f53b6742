"""Pictures of computed values and of records. Nothing is computed here."""

from collections.abc import Sequence
from fractions import Fraction
from math import pi

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator

from reports.heatmap import Heatmap
from reports.runs import Run
from reports.svg import ACCENT, FAINT, INK, inline_svg, styled

LEVELS = (0.1, 0.9)  # contours of the heatmap: the band where the dissipation acts


def heatmap_svg(heatmap: Heatmap) -> str:
    """μ_neg across, μ_pos upwards, both to the same scale, so that μ_pos = μ_neg is a diagonal."""
    with styled():
        figure = Figure(figsize=(6.4, 3.3), layout="constrained")
        axes = figure.subplots()
        settings = heatmap.settings
        x, y = settings.negative_interval, settings.positive_interval
        image = axes.imshow(
            heatmap.mean, origin="lower", extent=(*x, *y), vmin=0, vmax=1,
            cmap="cividis", interpolation="none", aspect="equal",
        )  # fmt: skip
        _contours(axes, heatmap)
        _diagonal(axes, min(x[1], y[1]), y[0])
        axes.set_xlabel(r"negatives: mean angle μ$_{\rm neg}$ [rad]")
        axes.set_ylabel(r"positive: μ$_{\rm pos}$ [rad]")
        axes.set_xlim(*x)
        axes.set_ylim(*y)
        _radians(axes, x, [pi / 4, pi / 2, 3 * pi / 4], "x")
        _radians(axes, y, [pi / 8, pi / 4, 3 * pi / 8], "y")
        bar = figure.colorbar(image, ax=axes, shrink=0.8, label="mean GD", ticks=[0, 0.5, 1])
        if bar.solids is not None:
            bar.solids.set_rasterized(True)
        return inline_svg(figure, f"gd-{heatmap.loss}", describe_heatmap(heatmap))


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


def _contours(axes: Axes, heatmap: Heatmap) -> None:
    """White where the map is dark, black where it is bright; only levels that occur."""
    low, high = heatmap.mean.min(), heatmap.mean.max()
    levels = [x for x in LEVELS if low < x < high]
    if not levels:
        return
    settings = heatmap.settings
    lines = axes.contour(
        settings.negative_means, settings.positive_means, heatmap.mean, levels=levels,
        colors=["white" if x < 0.5 else "black" for x in levels], linewidths=0.9,
    )  # fmt: skip
    axes.clabel(lines, fmt="%.1f", fontsize=7.5)


def _diagonal(axes: Axes, high: float, low: float) -> None:
    """μ_pos = μ_neg, dark under light dashes: seen on every colour of the map."""
    ends = [low, high]
    axes.plot(ends, ends, color="black", linewidth=2.4)
    axes.plot(ends, ends, color="white", linewidth=1.2, linestyle=(0, (4, 3)))
    at = low + 0.45 * (high - low)
    axes.annotate(
        r"μ$_{\rm pos}$ = μ$_{\rm neg}$", (at, at), xytext=(-3, 5), textcoords="offset points",
        rotation=45, rotation_mode="anchor", ha="center", color="black", fontsize=8.5,
    )  # fmt: skip


def _radians(axes: Axes, ends: tuple[float, float], between: Sequence[float], side: str) -> None:
    axis = axes.xaxis if side == "x" else axes.yaxis
    ticks = [ends[0], *between, ends[1]]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_ticklabels([in_pi(x) for x in ticks])


def in_pi(radians: float) -> str:
    """3π/4, π/20, π; a decimal multiple where no denominator up to 40 fits."""
    share = Fraction(radians / pi).limit_denominator(40)
    if abs(float(share) * pi - radians) > 1e-9:
        return f"{radians / pi:.3g}π"
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
