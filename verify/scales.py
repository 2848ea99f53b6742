"""How large a rounding error may be: the scales that tolerances are counted in.

One unit is 2⁻⁵² (float64's eps) times a scale, and a scale is a product of facts about the batch
and the formula, never of the results under test alone:

- x, the largest |argument| of an exponential: e^x has relative error x·eps, and a softmax
  subtracts numbers of size 1/τ from each other, whatever its result.
- δ², the smallest squared distance between an anchor and a candidate, if the formula has roots
  or angles: 2 − 2c has absolute error eps, so 1/√(2 − 2c) has relative error eps/δ².
- μ, the smallest ‖ĥ_i‖, if it centres: ĥ_i has absolute error eps, so what is divided by it
  (R_i ∝ 1/‖ĥ_i‖²) has relative error N·eps/μ.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
from sympy import Add, Expr, Mul, Pow, Symbol
from torch import Tensor
from torch.linalg import vector_norm

from derive.nodes import (
    ANCHOR,
    FEATURE,
    NEGATIVE,
    Angle,
    Component,
    Cos,
    D,
    Delta,
    Distinct,
    Exp,
    FeatureIndex,
    Hardest,
    Hinge,
    Index,
    IndexSum,
    Inner,
    N,
    Named,
    SampleIndex,
    Sin,
    Step,
    Stop,
    View,
)
from derive.paradigm import Decomposition
from derive.torch.lowering import evaluate

EPS = torch.finfo(torch.float64).eps
_LARGEST = 700.0  # e^x is a float64


@dataclass(frozen=True)
class Conditioning:
    """exponent: 1 + x; distance: 1/δ² at least 1; centring: 1 + N/μ (1 where it does not apply)."""

    exponent: float
    distance: float
    centring: float

    @property
    def value(self) -> float:
        """The scale of a loss's value, but for its size: √(2 − 2c) itself is off by eps/δ."""
        return self.exponent * self.distance**0.5

    @property
    def gradient(self) -> float:
        return self.exponent * self.distance * self.centring


def conditioning(
    formula: Expr, h: Tensor, h_prime: Tensor, values: Mapping[str, float]
) -> Conditioning:
    """h, h_prime: (N, D) unit rows. Raises `ArithmeticError` where an exponent has no bound."""
    nodes = all_nodes(formula)
    sizes = {"N": float(h.shape[0]), "D": float(h.shape[1]), **values}
    exponents = [bound(x.args[0], sizes) for x in nodes if isinstance(x, Exp)]
    if math.inf in exponents:
        raise ArithmeticError(
            f"no bound of an exponent of {formula} at {values}: its rounding error has no known "
            "scale. Add a rule to `bound` in verify/scales.py."
        )
    distance = centring = 1.0
    if any(_is_root(x) or isinstance(x, Angle) for x in nodes):
        apart = vector_norm(h[:, None] - h_prime[None, :], dim=2)
        together = vector_norm(h[:, None] + h_prime[None, :], dim=2)
        distance = max(1.0, 1 / torch.minimum(apart, together).min().item() ** 2)
    if any(isinstance(x, View) and x.role == "centred" for x in nodes):
        radii = vector_norm(h - h.mean(dim=0), dim=1)
        centring = 1 + len(h) / radii.min().item()
    return Conditioning(1 + max(exponents, default=0.0), distance, centring)


@lru_cache(maxsize=256)
def all_nodes(e: Expr) -> frozenset[Expr]:
    """Every node of an expression, also inside definitions."""
    found = {e}
    inside = (e.value, *e.args[0].body.atoms(View)) if isinstance(e, Named) else e.args
    return frozenset(found.union(*map(all_nodes, inside)))


def _is_root(e: Expr) -> bool:
    """A root of embeddings taken plainly: √(C_aa + ε) is kept away from 0 by centring and ε."""
    return isinstance(e, Pow) and not e.exp.is_Integer and e.base.has(Inner)


def bound(e: Expr, values: Mapping[str, float]) -> float:
    """An upper bound of |e| over unit embeddings, by the triangle inequality, or ∞ (none known).

    What holds no embedding is a number. The rest: sums, products, positive powers, cosines,
    angles, hinges, maxima, exponentials, indicators and named scores of those. A negative power
    or a logarithm of embeddings has no bound here.
    """
    if not _holds_embeddings(e):
        return _size(e, values)
    if isinstance(e, Inner | Component):
        return 1.0
    if isinstance(e, Named):
        return bound(e.value, values)
    if isinstance(e, Angle):
        return math.pi
    if isinstance(e, Exp):
        return math.exp(min(bound(e.args[0], values), _LARGEST))
    if isinstance(e, Stop | Hardest | Hinge):
        return bound(e.args[0], values)
    if isinstance(e, IndexSum):
        size = values[(N if isinstance(e.args[1], SampleIndex) else D).name]
        return size * bound(e.args[0], values)
    if isinstance(e, Add):
        return sum(bound(x, values) for x in e.args)
    if isinstance(e, Mul):
        product = 1.0
        for x in e.args:
            product *= bound(x, values)
        return product
    if isinstance(e, Pow) and e.exp.is_positive:
        return float(bound(e.base, values) ** float(e.exp))
    return 1.0 if isinstance(e, Step | Cos | Sin | Delta | Distinct) else math.inf


def _holds_embeddings(e: Expr) -> bool:
    return any(isinstance(x, Inner | Component | SampleIndex | FeatureIndex) for x in all_nodes(e))


def _size(e: Expr, values: Mapping[str, float]) -> float:
    """|e| of an expression of hyper-parameters and sizes; ∞ at a pole."""
    number = e.subs({x: values[x.name] for x in e.free_symbols if isinstance(x, Symbol)})
    return abs(float(number)) if number.is_finite else math.inf


def part_sizes(
    decomposition: Decomposition, h: Tensor, h_prime: Tensor, values: dict[str, float]
) -> Tensor:
    """(N,): Σ_j GD|W_ij|(1 + |R_i|) + |ρ_i| + ‖remainder_i‖."""

    def at(e: Expr, *axes: Index) -> Tensor:
        return evaluate(e, h, h_prime, values, (ANCHOR, *axes)).abs()

    ratio = 0 if decomposition.ratio is None else at(decomposition.ratio)
    size = at(decomposition.radial)
    for weight in decomposition.weight.values():
        own = torch.eye(len(h), dtype=torch.bool)
        off = at(weight, NEGATIVE).masked_fill(own, 0)
        size = size + at(decomposition.dissipation) * off.sum(dim=1) * (1 + ratio)
    for part in decomposition.remainder:
        size = size + at(part.component, FEATURE).norm(dim=1)
    return size


def tangent(gradient: Tensor, h: Tensor) -> Tensor:
    """Each row without its part along its own embedding."""
    return gradient - (gradient * h).sum(dim=1, keepdim=True) * h


def units(difference: Tensor, scale: Tensor) -> float:
    """The largest |difference| in units of eps·scale; infinite where the scale is."""
    if not scale.isfinite().all():
        return torch.inf
    return (difference.abs() / (EPS * scale)).max().item()
