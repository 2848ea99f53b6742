"""001, Figure 4: the dynamic ratios over the mean angles, and where losses keep them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Mul

from derive.api import decompose
from derive.nodes import ANCHOR, NEGATIVE, HardestIndex, N
from derive.notation import sum_samples
from derive.paradigm import Decomposition
from reports.context import Context
from reports.errors import ReportError
from reports.heatmap import Floats, Heatmap, Settings, columns, numbers, one_thread, shown_hyper
from reports.outputs import Picture
from reports.papers.dissipation import mean_dissipation
from reports.papers.mean_angles import settings_of
from reports.papers.ratios_picture import picture
from reports.row_forms import obstacle

LOSSES = ("arccon", "met", "mat")
LEAST_DISSIPATION = 0.1  # a mean GD below: the gradient has gone, the angles stay where they are


class Statistics(NamedTuple):
    """Over the batches of a cell, (μ_pos, μ_neg): mean, its standard error, and median."""

    mean: Floats
    error: Floats
    median: Floats


@dataclass(frozen=True)
class RatioMap:
    """R_i of a loss over the mean angles, beside its dissipation.

    ratio: R_i as derived, at the negative that the loss pushes; printed: the mean over all
    negatives j of R as 001's Table 1 prints it, a function of θ_ij'; the same where R_i has no j.
    """

    dissipation: Heatmap
    hyper: dict[str, str]
    ratio: Statistics
    printed: Floats

    @property
    def loss(self) -> str:
        return self.dissipation.loss

    @property
    def settings(self) -> Settings:
        return self.dissipation.settings

    @property
    def ordered(self) -> NDArray[np.bool_]:
        """Where μ_pos < μ_neg."""
        s = self.settings
        return s.positive_means[:, None] < s.negative_means[None, :]

    def reached(self, least: float = LEAST_DISSIPATION) -> NDArray[np.bool_]:
        """Cells that training can come to: μ_pos < μ_neg, and a mean GD of at least `least`."""
        return self.ordered & (self.dissipation.mean >= least)

    def share(self, values: Floats, low: float, high: float, least: float) -> float:
        """The share of the cells reached where low ≤ value ≤ high. NaN where none is reached."""
        reached = values[self.reached(least)]
        return float(((reached >= low) & (reached <= high)).mean()) if reached.size else np.nan


def figure_4(context: Context) -> Sequence[Picture]:
    """ArcCon, MET and MAT."""
    return [picture([ratio_map(loss, context) for loss in LOSSES], LEAST_DISSIPATION)]


def ratio_map(loss: str, context: Context) -> RatioMap:
    """R and GD of a loss over the mean angles.

    Raises `ReportError` for a loss whose R or GD is not a function of one row's angles.
    """
    d = decompose(loss)
    why = "it has no R" if d.ratio is None else obstacle(d.ratio)
    if d.ratio is None or why:
        raise ReportError(f"{loss} has no map of R: {why}. Choose another loss.")
    with one_thread():
        ratio = _statistics(d, d.ratio, context)
        every = over_all_negatives(d.ratio)
        printed = ratio.mean if every == d.ratio else _statistics(d, every, context).mean
    return RatioMap(
        mean_dissipation(loss, context),
        {**shown_hyper(d, d.dissipation), **shown_hyper(d, d.ratio)},
        ratio,
        printed,
    )


def over_all_negatives(ratio: Expr) -> Expr:
    """R at j in place of the hardest negative, averaged over the j ≠ i.

    What does not depend on j stays outside of the sum: it is evaluated for all batches once.
    """
    picked = sorted(ratio.atoms(HardestIndex), key=str)
    factors = Mul.make_args(ratio.xreplace(dict.fromkeys(picked, NEGATIVE)))
    inside = Mul(*[x for x in factors if x.has(NEGATIVE)])
    if inside == 1:
        return ratio
    outside = Mul(*[x for x in factors if not x.has(NEGATIVE)])
    total = sum_samples(lambda k: inside.xreplace({NEGATIVE: k}), other_than=ANCHOR)
    return outside * total / (N - 1)


def _statistics(d: Decomposition, e: Expr, context: Context) -> Statistics:
    settings = settings_of(context)
    found = Statistics(*np.empty((3, settings.cells, settings.cells)))
    for column, sample in enumerate(columns(e, numbers(d, settings), settings)):
        found.mean[:, column] = sample.mean(dim=1).numpy()
        found.error[:, column] = sample.std(dim=1).numpy() / sqrt(settings.batches)
        found.median[:, column] = np.median(sample.numpy(), axis=1)
        context.tell(f"R of {d.objective.name}", column + 1, settings.cells)
    return found
