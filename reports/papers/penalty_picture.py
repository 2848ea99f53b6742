"""The picture of 002's relative penalty against similarity."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.outputs import Data, Picture
from reports.papers.mean_angles import listed
from reports.svg import DASHES

if TYPE_CHECKING:
    from reports.papers.temperature import Penalties
    from reports.svg import Palette

FLOOR = 1e-5  # of the axis: penalties fall to e^(−2/τ) of the greatest
_LABELS = 3e-5  # the height at which curves that leave through the floor are named


def penalty_picture(loss: str, drawn: str, curves: "Sequence[Penalties]", seed: int) -> Picture:
    """One panel with all temperatures. drawn: how the cosines came about."""
    count = len(curves[0].cosines)
    return Picture(
        name="002-relative-penalty",
        title="Relative penalty of the negatives against similarity, by temperature",
        caption=_caption(loss, drawn, curves, seed),
        alternative=_alternative(curves),
        settings={
            "loss": loss,
            "negatives": count,
            "cosines": drawn,
            "tau": ", ".join(f"{x.tau:g}" for x in curves),
            "seed": seed,
        },
        data=Data(
            {
                "tau": [x.tau for x in curves for _ in range(count)],
                "cosine": [y for x in curves for y in x.cosines.tolist()],
                "relative_penalty": [y for x in curves for y in x.penalty.tolist()],
            }
        ),
        draw=partial(_draw, curves),
    )


def _caption(loss: str, drawn: str, curves: "Sequence[Penalties]", seed: int) -> str:
    count = len(curves[0].cosines)
    return (
        "Relative penalty r_ij = |∂L_i/∂c_ij'| / |∂L_i/∂c_ii'|, from the derived gradient of "
        f"{loss}, of the {count} negatives of one anchor: {drawn}, seed {seed}; the same negatives "
        f"at every τ ({listed([f'{x.tau:g}' for x in curves])}). r does not contain c_ii'. Each "
        "dot is a negative, and they add up to 1 at every τ. Logarithmic scale, cut off at "
        f"{FLOOR:g}: below are {_cut(curves)}."
    )


def _cut(curves: "Sequence[Penalties]") -> str:
    below = {f"{x.tau:g}": int((x.penalty < FLOOR).sum()) for x in curves}
    said = [f"{many} negatives at τ = {tau}" for tau, many in below.items() if many]
    return listed(said) if said else "none"


def _alternative(curves: "Sequence[Penalties]") -> str:
    said = "; ".join(f"{x.penalty.max():.2g} at τ = {x.tau:g}" for x in curves)
    return (
        f"{len(curves)} rising lines of the relative penalty over the cosine, the steeper the "
        f"smaller τ. Penalty of the most similar negative: {said}."
    )


def _draw(curves: "Sequence[Penalties]", palette: "Palette") -> Figure:
    figure = Figure(figsize=(6.4, 3.9), layout="constrained")
    axes = figure.subplots()
    axes.set_yscale("log")
    for x, colour, dash in zip(curves, palette.series, DASHES, strict=False):
        axes.plot(x.cosines, x.penalty, color=colour, linestyle=dash, linewidth=1.2)
        axes.plot(x.cosines, x.penalty, color=colour, linestyle="none", marker="o", markersize=2.2)
        _label(axes, x, x is curves[0], colour)
    count = len(curves[0].cosines)
    axes.axhline(1 / count, color=palette.ink, linewidth=0.8)
    axes.annotate(
        f"1/{count}: equal penalties", (-1, 1 / count), xytext=(0, 3),
        textcoords="offset points", fontsize=9, va="bottom",
    )  # fmt: skip
    axes.set_ylim(FLOOR, 1)
    axes.set_xlim(-1, 1)
    axes.set_xticks([-1, -0.5, 0, 0.5, 1])
    axes.set_xlabel("similarity of the negative: cos θ$_{ij'}$")
    axes.set_ylabel("relative penalty r$_{ij}$")
    axes.grid()
    return figure


def _label(axes: Axes, x: "Penalties", steepest: bool, colour: str) -> None:
    """Left of the curve just above the floor, or below its left end; the steepest at its top."""
    at, height, offset, side = x.cosines[0], x.penalty[0], (2, -4), ("left", "top")
    if steepest:
        at, height, offset, side = x.cosines[-1], x.penalty[-1], (-6, 0), ("right", "center")
    elif height < _LABELS:
        at = np.interp(np.log(_LABELS), np.log(x.penalty), x.cosines)
        height, offset, side = _LABELS, (-5, 4), ("right", "center")
    axes.annotate(
        f"τ = {x.tau:g}", (at, height), xytext=offset, textcoords="offset points", color=colour,
        fontsize=9.5, ha=side[0], va=side[1],
    )  # fmt: skip
