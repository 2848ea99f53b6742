"""The picture of 002's entropy of the relative penalty against the temperature."""

from collections.abc import Sequence
from functools import partial
from math import log
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from reports.context import Context
from reports.outputs import Data, Picture
from reports.papers.mean_angles import errors
from reports.svg import DASHES

if TYPE_CHECKING:
    from reports.papers.temperature import Entropies
    from reports.svg import Palette

_TICKS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


def entropy_picture(
    loss: str, curves: "Sequence[Entropies]", negatives: int, context: Context
) -> Picture:
    """One panel, a curve a distribution of the negatives."""
    return Picture(
        name="002-entropy",
        title="Entropy of the relative penalty against the temperature",
        caption=_caption(loss, curves, negatives, context),
        alternative=_alternative(curves, negatives),
        settings={
            "loss": loss,
            "negatives": negatives,
            "batches": context.batches,
            "tau": f"{len(curves[0].tau)} from {curves[0].tau[0]:g} to {curves[0].tau[-1]:g}",
            "cosines": "; ".join(x.negatives.name for x in curves),
            "seed": context.seed,
        },
        data=Data(
            {
                "negatives": [x.negatives.name for x in curves for _ in x.tau],
                "tau": [y for x in curves for y in x.tau.tolist()],
                "mean_entropy_nats": [y for x in curves for y in x.mean.tolist()],
                "standard_error_nats": [y for x in curves for y in x.error.tolist()],
            }
        ),
        draw=partial(_draw, curves, negatives),
    )


def _caption(loss: str, curves: "Sequence[Entropies]", negatives: int, context: Context) -> str:
    names = "; ".join(x.negatives.name for x in curves)
    return (
        "Mean of −Σ_j r_ij log r_ij, r the relative penalty from the derived gradient of "
        f"{loss}, over {context.batches:,} batches of {negatives} negatives: {names} (rad, folded "
        f"into [0, π]). {len(curves[0].tau)} temperatures, in equal ratios from "
        f"{curves[0].tau[0]:g} to {curves[0].tau[-1]:g}, with the same batches; seed "
        f"{context.seed}. Bands: one standard error. "
        f"{errors(np.stack([x.error for x in curves]))} Logarithmic scale of τ."
    )


def _alternative(curves: "Sequence[Entropies]", negatives: int) -> str:
    said = "; ".join(
        f"{x.mean[0]:.2f} to {x.mean[-1]:.2f} nats for {x.negatives.name}" for x in curves
    )
    return (
        f"{len(curves)} curves of the entropy, which rise with τ towards log {negatives} = "
        f"{log(negatives):.2f}: {said}."
    )


def _draw(curves: "Sequence[Entropies]", negatives: int, palette: "Palette") -> Figure:
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    for x, colour, dash in zip(curves, palette.series, DASHES, strict=False):
        axes.fill_between(x.tau, x.mean - x.error, x.mean + x.error, color=colour, alpha=0.3, lw=0)
        axes.plot(x.tau, x.mean, color=colour, linestyle=dash, linewidth=1.6)
    axes.axhline(log(negatives), color=palette.ink, linewidth=0.8)
    axes.annotate(
        f"log {negatives}: all negatives alike", (curves[0].tau[0], log(negatives)), xytext=(2, 3),
        textcoords="offset points", fontsize=9, va="bottom",
    )  # fmt: skip
    axes.set_xlim(curves[0].tau[0], curves[0].tau[-1])
    axes.set_ylim(0, log(negatives) * 1.08)
    axes.xaxis.set_major_locator(FixedLocator(_TICKS))
    axes.xaxis.set_major_formatter(FixedFormatter([f"{x:g}" for x in _TICKS]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("temperature τ")
    axes.set_ylabel("entropy of r$_{ij}$ [nats]")
    axes.grid()
    axes.legend(
        [axes.lines[n] for n in range(len(curves))], [_typeset(x) for x in curves],
        loc="lower right", fontsize=9.5, handlelength=3,
    )  # fmt: skip
    return figure


def _typeset(x: "Entropies") -> str:
    return x.negatives.name.replace("θ_ij'", r"θ$_{ij'}$")
