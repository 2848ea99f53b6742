"""002: the relative penalty of InfoNCE's negatives, by temperature, and its entropy.

    r_ij = a_ij / b_i,   a_ij = |∂L_i/∂c_ij'|,  b_i = |∂L_i/∂c_ii'|

as derived; entropy: −Σ_j r_ij log r_ij [nats].
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import pi, sqrt
from typing import NamedTuple

import numpy as np
import torch
from sympy import Expr

from derive.api import decompose
from derive.nodes import ANCHOR, H_PRIME, NEGATIVE, Inner, Log
from derive.notation import sum_samples
from derive.paradigm import Decomposition, revealed
from derive.simplify import simplified
from reports.context import Context
from reports.errors import ReportError
from reports.heatmap import Floats, one_thread
from reports.outputs import Picture
from reports.papers.entropy_picture import entropy_picture
from reports.papers.penalty_picture import penalty_picture
from reports.rows import evaluate_pairs, evaluate_rows

LOSS = "infonce"
NEGATIVES = 127  # of a batch of 128, as in 001's simulation
TEMPERATURES = (0.01, 0.03, 0.07, 0.2, 0.5, 1.0, 3.0)
RANGE = (0.01, 10.0)  # of τ, in the picture of the entropy
SPREAD = 0.10  # rad, of normal angles: 001's σ_neg


class Penalties(NamedTuple):
    """Of one batch: cosines and penalty (negatives,), the cosines rising."""

    tau: float
    cosines: Floats
    penalty: Floats


@dataclass(frozen=True)
class Negatives:
    """How a batch's cosines come about. draw: generator, batches → angles (batches, n), rad."""

    name: str
    draw: Callable[[np.random.Generator, int], Floats]


class Entropies(NamedTuple):
    """mean over the batches and its standard error, one a τ, in nats."""

    negatives: Negatives
    tau: Floats
    mean: Floats
    error: Floats


def _normal(mean: float) -> Callable[[np.random.Generator, int], Floats]:
    return lambda x, batches: mean + SPREAD * x.standard_normal((batches, NEGATIVES))


SPREAD_OUT = Negatives(
    "cos θ_ij' uniform on [−1, 1]", lambda x, n: np.arccos(x.uniform(-1, 1, (n, NEGATIVES)))
)
CROWDS = (
    Negatives(f"θ_ij' ~ N(π/2, {SPREAD:g}²)", _normal(pi / 2)),
    Negatives(f"θ_ij' ~ N(π/4, {SPREAD:g}²)", _normal(pi / 4)),
    SPREAD_OUT,
)


def relative_penalty(context: Context) -> Sequence[Picture]:
    """r_ij against cos θ_ij' in one batch, a curve a temperature."""
    r = penalty(decompose(LOSS))
    generator = np.random.default_rng(context.seed)
    angles = np.sort(SPREAD_OUT.draw(generator, 1))[:, ::-1].copy()
    curves = []
    for done, tau in enumerate(TEMPERATURES, 1):
        found = evaluate_pairs(r, _unused(1), torch.from_numpy(angles), {"tau": tau})
        curves.append(Penalties(tau, np.cos(angles[0]), found[0, 0].numpy()))
        context.tell(f"τ = {tau:g}", done, len(TEMPERATURES))
    return [penalty_picture(LOSS, SPREAD_OUT.name, curves, context.seed)]


def entropy(context: Context) -> Sequence[Picture]:
    """The mean entropy against τ, a curve a distribution of the negatives."""
    r = penalty(decompose(LOSS))
    tau = np.geomspace(*RANGE, context.cells)
    found = []
    with one_thread():
        for done, crowd in enumerate(CROWDS, 1):
            found.append(_entropies(entropy_of(r), crowd, tau, context))
            context.tell(crowd.name, done, len(CROWDS))
    return [entropy_picture(LOSS, found, NEGATIVES, context)]


def penalty(d: Decomposition) -> Expr:
    """r_ij of a loss with one pool of negatives, from its derived gradient.

    Raises `ReportError` if it depends on θ_ii': no curve over the negatives' cosines then.
    """
    c = d.coefficients
    r: Expr = simplified(revealed(c.push[H_PRIME]) / revealed(c.pull))
    if any(x.args[3] == ANCHOR for x in r.atoms(Inner)):
        raise ReportError(
            f"The relative penalty of {d.objective.name} depends on θ_ii', so it is no curve over "
            "cos θ_ij' alone. Choose a loss whose penalty does not."
        )
    return r


def entropy_of(r: Expr) -> Expr:
    """−Σ_{j≠i} r_ij log r_ij."""

    def at(k: Expr) -> Expr:
        own: Expr = r.xreplace({NEGATIVE: k})
        return own * Log(own)

    return -sum_samples(at, other_than=ANCHOR)


def _entropies(e: Expr, crowd: Negatives, tau: Floats, context: Context) -> Entropies:
    """Every τ takes the same batches."""
    generator = np.random.default_rng(context.seed)
    angles = torch.from_numpy(crowd.draw(generator, context.batches))
    mean, deviation = np.empty((2, len(tau)))
    for place, x in enumerate(tau):
        sample = evaluate_rows(e, _unused(context.batches), angles, {"tau": float(x)})
        mean[place], deviation[place] = sample.mean(), sample.std()
    return Entropies(crowd, tau, mean, deviation / sqrt(context.batches))


def _unused(batches: int) -> torch.Tensor:
    """θ_ii', which r does not contain."""
    return torch.zeros(1, batches, dtype=torch.float64)
