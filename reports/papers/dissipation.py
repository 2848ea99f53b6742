"""001, Figures 2 and 10: mean gradient dissipation over the mean angles, by loss."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from derive.api import decompose
from reports.context import Context
from reports.errors import ReportError
from reports.figures import (
    LEVELS,
    NEGATIVE_LABEL,
    POSITIVE_LABEL,
    describe_heatmap,
    dissipation_bar,
    draw_dissipation,
)
from reports.heatmap import Heatmap, NoHeatmap, dissipation_heatmap
from reports.outputs import Data, Picture
from reports.papers.mean_angles import (
    cells_of,
    errors,
    listed,
    over_panel,
    recorded,
    sampling,
    settings_of,
    short_title,
    with_values,
)

if TYPE_CHECKING:
    from reports.svg import Palette


def figure_2(context: Context) -> Sequence[Picture]:
    """ArcCon and MET."""
    return [_picture("001-figure-2", ("arccon", "met"), context)]


def figure_10(context: Context) -> Sequence[Picture]:
    """InfoNCE and MPT, and MAT, which the paper leaves out."""
    return [_picture("001-figure-10", ("infonce", "mpt", "mat"), context)]


def mean_dissipation(loss: str, context: Context) -> Heatmap:
    """The heatmap of a loss, under the name that papers give it.

    Raises `ReportError` for a loss whose GD is constant or not a function of one row's angles.
    """
    d = decompose(loss)
    found = dissipation_heatmap(
        d, settings_of(context), lambda done, of: context.tell(f"GD of {loss}", done, of)
    )
    if isinstance(found, NoHeatmap):
        raise ReportError(f"{loss} has no heatmap of GD: {found.reason} Choose another loss.")
    return replace(found, loss=short_title(d.objective))


def _picture(name: str, losses: Sequence[str], context: Context) -> Picture:
    maps = [mean_dissipation(loss, context) for loss in losses]
    settings = maps[0].settings
    return Picture(
        name=name,
        title=f"Mean gradient dissipation of {listed([x.loss for x in maps])}",
        caption=_caption(maps),
        alternative=" ".join(map(describe_heatmap, maps)),
        settings=recorded(settings, {x.loss: x.hyper for x in maps}),
        data=_data(maps),
        draw=partial(_draw, maps),
    )


def _caption(maps: Sequence[Heatmap]) -> str:
    shown = listed([with_values(x.loss, x.hyper) for x in maps])
    low, high = LEVELS
    return (
        f"Mean GD_i of {shown}, evaluated from the derived GD_i. The hyper-parameters are the "
        f"catalogue's defaults: 001 prints none for this figure. {sampling(maps[0].settings)} "
        f"{errors(np.stack([x.error for x in maps]))} Contours at {low:g} (white) and {high:g} "
        "(black); dashed: μ_pos = μ_neg."
    )


def _data(maps: Sequence[Heatmap]) -> Data:
    count = maps[0].mean.size
    return Data(
        {
            "loss": [x.loss for x in maps for _ in range(count)],
            **{name: column * len(maps) for name, column in cells_of(maps[0].settings).items()},
            "mean_gd": [y for x in maps for y in x.mean.ravel().tolist()],
            "standard_error": [y for x in maps for y in x.error.ravel().tolist()],
        }
    )


def _draw(maps: Sequence[Heatmap], palette: "Palette") -> Figure:
    figure = Figure(figsize=(6.4, 3.1), layout="constrained")
    row = figure.subplots(1, len(maps), sharey=True)
    for axes, heatmap in zip(row, maps, strict=True):
        image = draw_dissipation(axes, heatmap)
        axes.set_title(over_panel(heatmap.loss, heatmap.hyper), fontsize=9.5, color=palette.ink)
    row[0].set_ylabel(POSITIVE_LABEL)
    figure.supxlabel(NEGATIVE_LABEL, fontsize=10, color=palette.ink)
    dissipation_bar(figure.colorbar(image, ax=list(row), fraction=0.05, pad=0.02))
    return figure
