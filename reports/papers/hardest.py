"""001, Figure 3: the mean share of the hardest negative in the exponential weight."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
import torch
from sympy import Expr

from derive.api import decompose
from derive.gauge import over_negatives
from derive.nodes import ANCHOR, H_PRIME, NEGATIVE, Inner
from derive.notation import cosine, hardest_index
from derive.paradigm import Decomposition
from derive.simplify import simplified
from reports.context import Context
from reports.errors import ReportError
from reports.heatmap import Floats, Settings, draw, one_thread
from reports.outputs import Picture
from reports.papers.hardest_picture import picture
from reports.papers.mean_angles import settings_of
from reports.row_forms import without_names
from reports.rows import evaluate_rows

LOSS = "infonce"
TEMPERATURES = (0.01, 0.03, 0.05, 0.1, 0.3, 1.0, 3.0)  # 001, §3.2.2: "from 0.01 to 3.0"


class Curve(NamedTuple):
    """share, error: the mean over the batches and its standard error, (cells,), one a μ_neg."""

    tau: float
    share: Floats
    error: Floats


def figure_3(context: Context) -> Sequence[Picture]:
    """One curve a temperature."""
    settings, share = settings_of(context), share_of_hardest(decompose(LOSS))
    curves = []
    with one_thread():
        for done, tau in enumerate(TEMPERATURES, 1):
            curves.append(curve(share, tau, settings))
            context.tell(f"τ = {tau:g}", done, len(TEMPERATURES))
    return [picture(LOSS, curves, settings)]


def share_of_hardest(d: Decomposition) -> Expr:
    """W_ij* / Σ_{j≠i} W_ij from the derived W, j* the negative with the largest cosine.

    Raises `ReportError` if it depends on θ_ii': a curve over μ_neg would not say at which.
    """
    weight = d.weight[H_PRIME]
    nearest = hardest_index(lambda k: cosine(ANCHOR, k), ANCHOR)
    total = over_negatives({H_PRIME: weight})
    share: Expr = simplified(weight.xreplace({NEGATIVE: nearest}) / total)
    if any(x.args[3] == ANCHOR for x in without_names(share).atoms(Inner)):
        raise ReportError(
            f"The weight of {d.objective.name} depends on θ_ii', so its share is no curve over "
            "μ_neg alone. Choose a loss whose weight does not."
        )
    return share


def curve(share: Expr, tau: float, settings: Settings) -> Curve:
    """The mean share at every μ_neg, from draws that all of them have in common."""
    normal = draw(settings).negative
    unused = torch.zeros(1, settings.batches, dtype=torch.float64)  # the share has no θ_ii'
    mean, deviation = np.empty((2, settings.cells))
    for cell, mu in enumerate(settings.negative_means):
        negatives = torch.from_numpy(mu + settings.negative_spread * normal)
        sample = evaluate_rows(share, unused, negatives, {"tau": tau})
        mean[cell], deviation[cell] = sample.mean(), sample.std()
    return Curve(tau, mean, deviation / sqrt(settings.batches))
