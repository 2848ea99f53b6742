"""The picture of 004's pairwise importance, a panel a member of the family."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.heatmap import Floats
from reports.outputs import Data, Picture
from reports.papers.mean_angles import listed, values
from reports.svg import DASHES

if TYPE_CHECKING:
    from reports.papers.alpha import Importance
    from reports.svg import Palette

_COLUMNS = 3


def picture(
    members: "Sequence[Importance]", positives: Sequence[float], distances: Floats
) -> Picture:
    """positives, distances: ‖h_i − h'_i‖ and ‖h_i − h_j‖."""
    names = [_name(x) for x in members]
    many = len(distances)
    return Picture(
        name="004-alpha",
        title="Pairwise importance against distance in the α-CL family",
        caption=_caption(members, positives, distances),
        alternative=_alternative(members),
        settings={
            "negatives": many,
            "distance of the positive": ", ".join(f"{x:g}" for x in positives),
            "seed": None,
            **{x.loss: values(x.hyper) for x in members},
        },
        data=Data(
            {
                "loss": [x for x in names for _ in range(many * len(positives))],
                "positive_distance": [p for p in positives for _ in range(many)] * len(members),
                "negative_distance": distances.tolist() * len(positives) * len(members),
                "alpha": [y for x in members for y in x.alpha.ravel().tolist()],
            }
        ),
        draw=partial(_draw, members, positives, distances),
    )


def _name(x: "Importance") -> str:
    return x.title.removeprefix("α-CL: ")


def _caption(members: "Sequence[Importance]", positives: Sequence[float], distances: Floats) -> str:
    near = listed([f"{x:g}" for x in positives])
    outside = [_name(x) for x in members if not x.in_family]
    proved = f"proved for all but {listed(outside)}" if outside else "proved for each"
    apart = listed([_name(x) for x in members if not x.of_positive])
    one = listed([_name(x) for x in members if x.normalised])
    hyper = "; ".join(f"{_name(x)}: {values(x.hyper)}" for x in members if x.hyper)
    return (
        f"α_ij of an anchor's {len(distances)} negatives against ‖h_i − h_j‖, derived from each "
        f"loss of the catalogue (∇L = −∇E_α: {proved}). The negatives' distances are the centres "
        f"of {len(distances)} equal parts of [0, 2]; the positive is at ‖h_i − h'_i‖ = {near} "
        f"(the marks below). It is not in the α of {apart}. The sum over the negatives is the "
        f"same for every batch in {one}. {hyper}; the catalogue's defaults. Each panel has "
        "its own scale. Nothing is drawn at random."
    )


def _alternative(members: "Sequence[Importance]") -> str:
    said = "; ".join(
        f"{_name(x)} from {x.alpha[1, 0]:.2g} at the nearest negative to {x.alpha[1, -1]:.2g} at "
        "the farthest" for x in members
    )  # fmt: skip
    return f"{len(members)} panels of α over distance. At the middle positive: {said}."


def _draw(
    members: "Sequence[Importance]", positives: Sequence[float], distances: Floats,
    palette: "Palette",
) -> Figure:  # fmt: skip
    rows = -(-len(members) // _COLUMNS)
    figure = Figure(figsize=(6.4, 0.6 + 1.75 * rows), layout="constrained")
    grid = figure.subplots(rows, _COLUMNS, sharex=True, squeeze=False)
    for axes, x in zip(grid.flat, members, strict=False):
        _panel(axes, x, positives, distances, palette)
    for axes in list(grid.flat)[len(members) :]:
        axes.set_axis_off()
    figure.supxlabel("distance of the negative: ‖h$_i$ − h$_j$‖", fontsize=10, color=palette.ink)
    figure.supylabel("pairwise importance α$_{ij}$", fontsize=10, color=palette.ink)
    figure.legend(
        [grid[0, 0].lines[n] for n in range(len(positives))],
        [f"‖h$_i$ − h'$_i$‖ = {x:g}" for x in positives],
        loc="outside upper center", ncols=len(positives), fontsize=9.5, handlelength=3,
    )  # fmt: skip
    return figure


def _panel(
    axes: Axes, x: "Importance", positives: Sequence[float], distances: Floats, palette: "Palette"
) -> None:
    for row, colour, dash in zip(x.alpha, palette.series, DASHES, strict=False):
        axes.plot(distances, row, color=colour, linestyle=dash, linewidth=1.6)
    for place, colour in zip(positives, palette.series, strict=False):
        axes.plot(
            [place], [0], marker=6, markersize=6, color=colour, linestyle="none", clip_on=False,
            transform=axes.get_xaxis_transform(),
        )  # fmt: skip
    axes.set_xlim(0, 2)
    axes.set_ylim(0, 1.08 * x.alpha.max())
    axes.set_xticks([0, 0.5, 1, 1.5, 2], ["0", "", "1", "", "2"])
    axes.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    axes.ticklabel_format(axis="y", style="plain")
    axes.tick_params(labelsize=9)
    title = f"{_name(x)}\n{values(x.hyper)}" if x.hyper else f"{_name(x)}\n"
    axes.set_title(title, fontsize=9, color=palette.ink)
    axes.grid(axis="y")
