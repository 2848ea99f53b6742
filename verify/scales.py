"""How large a rounding error may be: the scales that tolerances are counted in.

One unit is 2⁻⁵² (float64's eps) times a scale, and a scale is a product of facts about the batch
and the formula, never of the results under test alone:

- x, the largest |argument| of an exponential: e^x has relative error x·eps, and a softmax
  subtracts numbers of size 1/τ from each other, whatever its result.
- δ², the smallest squared distance between an anchor and a candidate, if the formula has roots
  or angles: 2 − 2c has absolute error eps, so 1/√(2 − 2c) has relative error eps/δ².
- μ, the smallest ‖ĥ_i‖, if it centres: ĥ_i has absolute error eps, so what is divided by it
  (R_i ∝ 1/‖ĥ_i‖²) has relative error N·eps/μ. If it divides by the deviations σ of features,
  parts of the size of 1/σ, with relative error N·eps/σ, may cancel.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from sympy import Expr, Pow, S
from torch import Tensor
from torch.linalg import vector_norm

from derive.nodes import (
    ANCHOR,
    FEATURE,
    NEGATIVE,
    Angle,
    Exp,
    Index,
    IndexSum,
    Inner,
    Named,
    View,
    free_indices,
)
from derive.paradigm import Decomposition, revealed
from derive.torch.lowering import evaluate
from verify.bounds import all_nodes, bound

EPS = torch.finfo(torch.float64).eps


@dataclass(frozen=True)
class Conditioning:
    """exponent: 1 + x; distance: 1/δ² at least 1; centring: 1 + N/μ (1 where it does not apply);
    divides: whether the loss itself, and not only its gradient, divides by a distance."""

    exponent: float
    distance: float
    centring: float
    divides: bool = False

    @property
    def value(self) -> float:
        """The scale of a loss's value, but for its size: √(2 − 2c) itself is off by eps/δ, and
        1/√(2 − 2c) by eps/δ² of itself."""
        return self.exponent * (self.distance if self.divides else self.distance**0.5)

    @property
    def gradient(self) -> float:
        return self.exponent * self.distance * self.centring


def conditioning(
    formula: Expr,
    h: Tensor,
    h_prime: Tensor,
    values: Mapping[str, float],
    inputs: Mapping[str, Tensor] | None = None,
) -> Conditioning:
    """h, h_prime: (N, D). Raises `ArithmeticError` where an exponent has no bound."""
    nodes = all_nodes(formula)
    norm = max(1.0, *(vector_norm(x, dim=1).max().item() for x in (h, h_prime)))
    extras = [x.shape[1] for x in (inputs or {}).values() if x.ndim == 2]
    sizes = {"N": float(h.shape[0]), "D": float(h.shape[1]), "M": float(max(extras, default=0))}
    sizes |= values
    exponents = [bound(x.args[0], sizes, norm) for x in nodes if isinstance(x, Exp)]
    if math.inf in exponents:
        raise ArithmeticError(
            f"no bound of an exponent of {formula} at {values}: its rounding error has no known "
            "scale. Add a rule to `bound` in verify/scales.py."
        )
    nearest = min([1.0, *(x**2 for x in _distances(nodes, h, h_prime))])
    distance = 1 / nearest if nearest > 0 else math.inf
    centring = 1.0
    if any(isinstance(x, View) and x.role == "centred" for x in nodes):
        radii = vector_norm(h - h.mean(dim=0), dim=1)
        scales = [radii.min().item(), *(x**2 for x in _deviations(nodes, h, h_prime, values))]
        centring = 1 + len(h) * norm / min(scales) if min(scales) > 0 else math.inf
    divides = any(_is_root(x) and x.exp.is_negative for x in nodes)
    return Conditioning(1 + max(exponents, default=0.0), distance, centring, divides)


def _distances(nodes: frozenset[Expr], h: Tensor, h_prime: Tensor) -> Iterator[float]:
    """The least distance of two points, and of a point from the antipode of another, for each pair
    of views that a root or an angle takes; an embedding and itself are no pair."""
    inside = [x for x in nodes if _is_root(x) or isinstance(x, Angle)]
    rows = {"h": h, "z": h, "h'": h_prime, "z'": h_prime}
    pairs = {
        (v.name, w.name)
        for x in inside
        for v, i, w, j in (inner.args for inner in all_nodes(x) if isinstance(inner, Inner))
        if (v, i) != (w, j)
    }
    for v, w in pairs:
        apart, together = (
            vector_norm(rows[v][:, None] + sign * rows[w][None, :], dim=2) for sign in (-1, 1)
        )
        if v == w:
            apart.fill_diagonal_(torch.inf)
        yield torch.minimum(apart, together).min().item()


def _deviations(
    nodes: frozenset[Expr], h: Tensor, h_prime: Tensor, values: Mapping[str, float]
) -> Iterator[float]:
    """The least root of a variance, for each root of centred features that nothing keeps from 0."""
    for x in nodes:
        if not (isinstance(x, Pow) and not x.exp.is_Integer) or x.base.has(Inner):
            continue
        named = dict.fromkeys(x.base.atoms(IndexSum, Named), S.Zero)
        if named and x.base.xreplace(named) == 0:
            variances = evaluate(x.base, h, h_prime, values, tuple(free_indices(x.base)))
            yield variances.min().clamp(min=0).sqrt().item()


def _is_root(e: Expr) -> bool:
    """A root of embeddings taken plainly: √(C_aa + ε) is kept away from 0 by centring and ε."""
    return isinstance(e, Pow) and not e.exp.is_Integer and e.base.has(Inner)


def part_sizes(
    decomposition: Decomposition,
    h: Tensor,
    h_prime: Tensor,
    values: Mapping[str, float],
    inputs: Mapping[str, Tensor],
) -> Tensor:
    """(N,): GD_i Σ_j |W_ij| (1 + |R_i|) + |ρ_i| + ‖remainder_i‖, times the largest norm of a row
    where a part is a multiple of one; |R_i| with the largest entry of its diagonal matrix and
    with the ratios of further positives. Where there is no R (of the loss, or at these values),
    |b_i| stands for its part.
    """
    sizes = _sizes(decomposition, h, h_prime, values, inputs, decomposition.ratio is not None)
    if sizes.isfinite().all() or decomposition.ratio is None:
        return sizes
    without = _sizes(decomposition, h, h_prime, values, inputs, relative=False)
    return torch.where(sizes.isfinite(), sizes, without)


def _sizes(
    decomposition: Decomposition,
    h: Tensor,
    h_prime: Tensor,
    values: Mapping[str, float],
    inputs: Mapping[str, Tensor],
    relative: bool,
) -> Tensor:
    """relative: by GD, W and R; else by a and b, which exist wherever the gradient does."""
    norm = max(vector_norm(x, dim=1).max().item() for x in (h, h_prime))

    def at(e: Expr, *axes: Index) -> Tensor:
        return evaluate(e, h, h_prime, values, (ANCHOR, *axes), inputs=inputs).abs()

    def over_others(e: Expr) -> Tensor:
        own = torch.eye(len(h), dtype=torch.bool)
        return at(e, NEGATIVE).masked_fill(own, 0).sum(dim=1)

    coefficients = decomposition.coefficients
    scalar = decomposition.ratio if relative else coefficients.pull
    diagonal = decomposition.ratio_diagonal if relative else coefficients.diagonal
    further = decomposition.ratios if relative else coefficients.positives
    pull = at(scalar) + at(diagonal, FEATURE).amax(dim=1) + sum(map(over_others, further.values()))
    if decomposition.ratio is not None and not relative:
        push = sum((over_others(revealed(x)) for x in coefficients.push.values()), 0 * pull)
    else:
        dissipation = at(decomposition.dissipation)
        push = dissipation * sum(map(over_others, decomposition.weight.values()))
        push = torch.where(dissipation == 0, 0.0, push)  # W need not exist there
    pull = torch.where(push == 0, 0.0, push * pull) if relative else pull
    size = push + pull + at(decomposition.radial)
    remainder = [at(part.component, FEATURE).norm(dim=1) for part in decomposition.remainder]
    return norm * size + sum(remainder)


def units(difference: Tensor, scale: Tensor) -> float:
    """The largest |difference| in units of eps·scale; infinite where the scale is."""
    if not scale.isfinite().all():
        return torch.inf
    return (difference.abs() / (EPS * scale)).max().item()
