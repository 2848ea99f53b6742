"""The pictures of 003, Figures 2 and 4, from their maps."""

from dataclasses import dataclass
from functools import partial
from math import pi
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from reports.figures import radians
from reports.heatmap import centres
from reports.outputs import Data, Picture
from reports.papers.mean_angles import listed, values

if TYPE_CHECKING:
    from reports.papers.norms import NormMap
    from reports.svg import Palette

WEAK = 0.1  # of the panel's greatest length: below, the gradient has gone
_PARTS = {"pull": "alignment", "push": "uniformity"}
_COLUMNS = {6: 3, 4: 4}


@dataclass(frozen=True)
class Drawn:
    """The panels of one picture. kind: pull or push."""

    name: str
    kind: str
    maps: "tuple[NormMap, ...]"

    @property
    def cells(self) -> int:
        return len(self.maps[0].values)


def picture(x: Drawn) -> Picture:
    """All panels, each in shares of its greatest length."""
    what = "pull to the positive" if x.kind == "pull" else "push of a single negative"
    return Picture(
        name=x.name,
        title=f"Gradient norm of the {what}: {listed(_names(x))}",
        caption=_caption(x, what),
        alternative=_alternative(x, what),
        settings={
            "cells": x.cells,
            "angles": "[0, π]",
            "seed": None,
            **{
                f"{m.label}, {m.negatives} negatives": f"{m.loss}: {values(m.hyper)}"
                for m in x.maps
            },
        },
        data=_data(x),
        draw=partial(_draw, x),
    )


def _names(x: Drawn) -> list[str]:
    return list(dict.fromkeys(m.label for m in x.maps))


def _data(x: Drawn) -> Data:
    angles = centres((0, pi), x.cells)
    positive, negative = np.meshgrid(angles, angles, indexing="ij")
    count, many = x.cells**2, len(x.maps)
    return Data(
        {
            "loss": [m.label for m in x.maps for _ in range(count)],
            "negatives": [m.negatives for m in x.maps for _ in range(count)],
            "theta_pos_rad": positive.ravel().tolist() * many,
            "theta_neg_rad": negative.ravel().tolist() * many,
            "norm": [y for m in x.maps for y in m.values.ravel().tolist()],
        }
    )


def _caption(x: Drawn, what: str) -> str:
    counts = list(dict.fromkeys(m.negatives for m in x.maps))
    batch = [m.label for m in x.maps if m.label in ("align", "uniform")]
    said = [
        f"Length of the {what} (the {_PARTS[x.kind]} part of the gradient of h_i), from the "
        "derived gradient, over θ_ii' and θ_ij'; all θ_ij' of an anchor are the same and 1/‖h_i‖ "
        f"is left out, as in 003. Negatives: {_counts(x, counts)}.",
        f"Hyper-parameters: {_hyper(x)}.",
        f"Each panel in shares of its greatest value over the {x.cells} × {x.cells} cells, which "
        f"stands above it; white line: {WEAK:.0%} of it. Dashed: θ_ii' = θ_ij'.",
        "Nothing is drawn at random.",
    ]
    if batch:
        said.insert(2, f"{batch[0]} is a scalar of the batch: its length is times N, that of one "
                       "anchor.")  # fmt: skip
    return " ".join(said)


def _counts(x: Drawn, counts: list[int]) -> str:
    if len(counts) == 1:
        return f"{counts[0]}"
    drawn = listed([f"{n:,}" for n in counts])
    return f"{drawn} for cl (003 draws four numbers and names the first), {counts[0]} for the rest"


def _hyper(x: Drawn) -> str:
    """By loss, once each, and what 003 does not say."""
    of = {m.label: f"{m.label}: {values(m.hyper)}" for m in x.maps}
    assumed = {
        f"{symbol} of {m.label}": None for m in x.maps for symbol in m.assumed if symbol in m.hyper
    }
    said = "; ".join(of.values())
    return (
        f"{said} ({listed(list(assumed))} assumed: 003's Table 2 is an image)" if assumed else said
    )


def _alternative(x: Drawn, what: str) -> str:
    shares = [f"{_over(m)}: {(m.values < WEAK * m.values.max()).mean():.0%}" for m in x.maps]
    return (
        f"Heatmaps of the length of the {what} over both angles. Share of the square with less "
        f"than {WEAK:.0%} of the greatest length: {'; '.join(shares)}."
    )


def _over(m: "NormMap") -> str:
    return f"{m.label}, {m.negatives:,} negatives"


def _draw(x: Drawn, palette: "Palette") -> Figure:
    columns = _COLUMNS[len(x.maps)]
    rows = len(x.maps) // columns
    figure = Figure(figsize=(6.4, 5.0 if rows > 1 else 2.45), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes, m in zip(grid.flat, x.maps, strict=True):
        image = _panel(axes, m, palette)
        axes.label_outer()
    figure.supxlabel(r"negatives: θ$_{ij'}$ [rad]", fontsize=10, color=palette.ink)
    figure.supylabel(r"positive: θ$_{ii'}$ [rad]", fontsize=10, color=palette.ink)
    bar = figure.colorbar(image, ax=list(grid.flat), fraction=0.05, pad=0.02, aspect=30)
    bar.set_label("share of the greatest length")
    bar.set_ticks([0, WEAK, 0.5, 1])
    bar.ax.axhline(WEAK, color="white", linewidth=1)
    if bar.solids is not None:
        bar.solids.set_rasterized(True)
    return figure


def _panel(axes: Axes, m: "NormMap", palette: "Palette") -> AxesImage:
    greatest = m.values.max()
    share = m.values / greatest
    image = axes.imshow(
        share, origin="lower", extent=(0, pi, 0, pi), interpolation="none", vmin=0, vmax=1,
        cmap="cividis",
    )  # fmt: skip
    angles = centres((0, pi), len(share))
    if share.min() < WEAK:
        axes.contour(angles, angles, share, levels=[WEAK], colors=["white"], linewidths=1.0)
    axes.plot([0, pi], [0, pi], color="black", linewidth=2.0)
    axes.plot([0, pi], [0, pi], color="white", linewidth=1.0, linestyle=(0, (4, 3)))
    axes.set_xlim(0, pi)
    axes.set_ylim(0, pi)
    radians(axes, (0, pi), [pi / 2], "x")
    radians(axes, (0, pi), [pi / 2], "y")
    own = f"{m.negatives:,} negatives" if m.label == "cl" else values(m.hyper)
    said = f"{m.label}\n{own}\ngreatest: {greatest:.3g}"
    axes.set_title(said, fontsize=9.5, color=palette.ink)
    return image
