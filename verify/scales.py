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

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
from sympy import Add, Expr, Mul, Pow, Symbol
from torch import Tensor
from torch.linalg import vector_norm

from derive.nodes import (
    Angle,
    Component,
    D,
    Exp,
    Hardest,
    IndexSum,
    Inner,
    N,
    Named,
    SampleIndex,
    Stop,
    View,
)

EPS = torch.finfo(torch.float64).eps


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
    """h, h_prime: (N, D) unit rows."""
    nodes = all_nodes(formula)
    sizes = {"N": float(h.shape[0]), "D": float(h.shape[1]), **values}
    exponents = [bound(x.args[0], sizes) for x in nodes if isinstance(x, Exp)]
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
    """An upper bound of |e| over unit embeddings, by the triangle inequality.

    Of exponents and what stands in them: sums, products, powers, cosines, named scores.
    """
    if isinstance(e, Inner | Component):
        return 1.0
    if isinstance(e, Named):
        return bound(e.value, values)
    if isinstance(e, Stop | Hardest):
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
    if isinstance(e, Pow):
        return float(bound(e.base, values) ** float(e.exp))
    if isinstance(e, Symbol):
        return abs(values[e.name])
    return abs(float(e)) if e.is_number else 1.0  # the rest are indicators, cosines and sines
