"""The pictures of 003, Figures 1 and 3."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from reports.curves import Curve, draw_curve, label_ends, steps_axis
from reports.drawing import half_widths
from reports.papers.overfitting.places import Place

if TYPE_CHECKING:
    from reports.svg import Palette

Panels = Mapping[tuple[str, str], Sequence[Curve]]  # (recipe, quantity) → a curve a sample


def draw_grid(
    panels: Panels, titles: Mapping[str, str], quantities: Mapping[str, str], palette: "Palette"
) -> Figure:
    """A column a recipe, a row a quantity; a row's panels have one scale."""
    figure = Figure(figsize=(6.4, 5.6), layout="constrained")
    grid = figure.subplots(len(quantities), len(titles), sharex="col", sharey="row", squeeze=False)
    for row, (quantity, label) in zip(grid, quantities.items(), strict=True):
        for axes, (recipe, title) in zip(row, titles.items(), strict=True):
            for curve in panels[recipe, quantity]:
                draw_curve(axes, curve, palette)
            steps_axis(axes, label=quantity == list(quantities)[-1])
            if quantity == next(iter(quantities)):
                axes.set_title(title, fontsize=10)
        row[0].set_ylabel(label)
        label_ends(row[-1], panels[list(titles)[-1], quantity], palette, 0.14)
    return figure


def draw_lines(curves: Sequence[Curve], label: str, palette: "Palette") -> Figure:
    """One panel of curves over the steps."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    for curve in curves:
        draw_curve(axes, curve, palette)
    steps_axis(axes)
    axes.set_ylabel(label)
    label_ends(axes, curves, palette, 0.07)
    return figure


def draw_map(
    places: Sequence[Place], score: str, across: str, upwards: str, palette: "Palette"
) -> Figure:
    """A point a loss, coloured by the score; grey where there is none."""
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    scores = [x.score.mean for x in places if x.score is not None]
    scale, colours = Normalize(min(scores), max(scores)), colormaps["cividis"]
    for x in places:
        assert x.upwards is not None
        colour = palette.faint if x.score is None else colours(scale(x.score.mean))
        axes.plot(x.across.mean, x.upwards.mean, "o", markersize=10, mfc=colour, mec=palette.ink)
        told = x.label if x.score is None else f"{x.label}  {x.score.mean:.1f}"
        axes.annotate(told, (x.across.mean, x.upwards.mean), xytext=(9, 0), fontsize=9,
                      textcoords="offset points", va="center")  # fmt: skip
    bar = figure.colorbar(ScalarMappable(scale, colours), ax=axes)
    bar.set_label(f"{score} [%]")
    if bar.solids is not None:
        bar.solids.set_rasterized(True)
    axes.margins(x=0.2, y=0.12)
    axes.set_xlabel(f"{across} of held-out text")
    axes.set_ylabel(f"{upwards} of held-out text")
    axes.grid()
    return figure


def draw_scores(places: Sequence[Place], score: str, across: str, palette: "Palette") -> Figure:
    """Scores with their intervals over a quantity, each place named."""
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axes = figure.subplots()
    for i, x in enumerate(places):
        if x.score is None:
            continue
        colour = palette.series[i % 8]
        axes.errorbar(
            [x.across.mean], [x.score.mean], xerr=half_widths([x.across]),
            yerr=half_widths([x.score]), marker="osD^v"[i % 5], markersize=7,
            color=colour, capsize=3,
        )  # fmt: skip
        axes.annotate(x.label, (x.across.mean, x.score.mean), xytext=(9, 0), fontsize=9.5,
                      textcoords="offset points", va="center", color=colour)  # fmt: skip
    axes.margins(x=0.25, y=0.2)
    axes.set_xlabel(across)
    axes.set_ylabel(score.replace(", ", ",\n") + " [%]")
    axes.grid()
    return figure
