"""How large an expression can be: upper bounds by the triangle inequality."""

import math
import sys
from collections.abc import Mapping
from functools import lru_cache

from sympy import Add, Expr, Mul, Pow, Symbol

from derive.nodes import (
    Angle,
    Component,
    Cos,
    D,
    Delta,
    Distinct,
    Exp,
    ExtraIndex,
    FeatureIndex,
    Hardest,
    Hinge,
    Index,
    IndexSum,
    Inner,
    M,
    Match,
    Mismatch,
    N,
    Named,
    SampleIndex,
    Sin,
    Step,
    Stop,
    Top,
    View,
)

_LARGEST = 700.0  # e^x is a float64
_INDICATORS = (Step, Cos, Sin, Delta, Distinct, Match, Mismatch, Top)


@lru_cache(maxsize=256)
def all_nodes(e: Expr) -> frozenset[Expr]:
    """Every node of an expression, also inside definitions."""
    found = {e}
    inside = (e.value, *e.args[0].body.atoms(View)) if isinstance(e, Named) else e.args
    return frozenset(found.union(*map(all_nodes, inside)))


def bound(e: Expr, values: Mapping[str, float], norm: float = 1.0) -> float:
    """An upper bound of |e| over embeddings of that norm, by the triangle inequality, or ∞ (none
    known).

    What holds no embedding is a number. The rest: sums, products, positive powers, cosines,
    angles, hinges, maxima, exponentials, indicators and named scores of those. A negative power
    or a logarithm of embeddings has no bound here.
    """

    def inside(x: Expr) -> float:
        return bound(x, values, norm)

    if not _holds_embeddings(e):
        return size_of(e, values)
    if isinstance(e, _INDICATORS):
        return 1.0
    if isinstance(e, Inner | Component):
        return norm if isinstance(e, Component) else norm**2
    if isinstance(e, Named):
        return inside(e.value)
    if isinstance(e, Angle):
        return math.pi
    if isinstance(e, Exp):
        return math.exp(min(inside(e.args[0]), _LARGEST))
    if isinstance(e, Stop | Hardest | Hinge):
        return inside(e.args[0])
    if isinstance(e, IndexSum):
        return _range(e.args[1], values) * inside(e.args[0])
    if isinstance(e, Add):
        return sum(map(inside, e.args))
    if isinstance(e, Mul):
        return math.prod(map(inside, e.args))
    if isinstance(e, Pow) and e.exp.is_positive:
        return min(inside(e.base) ** size_of(e.exp, values), sys.float_info.max)
    return math.inf


def _range(index: Index, values: Mapping[str, float]) -> float:
    """How many values a bound index takes."""
    kinds = {SampleIndex: N, FeatureIndex: D, ExtraIndex: M}
    return values[kinds[type(index)].name]


def _holds_embeddings(e: Expr) -> bool:
    kinds = (Inner, Component, SampleIndex, FeatureIndex, ExtraIndex)
    return any(isinstance(x, kinds) for x in all_nodes(e))


def size_of(e: Expr, values: Mapping[str, float]) -> float:
    """|e| of an expression of hyper-parameters and sizes; ∞ at a pole."""
    number = e.subs({x: values[x.name] for x in e.free_symbols if isinstance(x, Symbol)})
    return abs(float(number)) if number.is_finite else math.inf
