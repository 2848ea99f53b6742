"""Expressions as numbers, by their definition: one rule a node, sums are loops.

In floats, or with 50 digits where the numbers of the point are those of `mp`. For small batches:
time grows with N and D to the number of nested sums. Needs nothing but mpmath (SymPy has it).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import mpmath
from sympy import Add, Expr, Mul, Pow, Rational, Symbol, ceiling
from sympy.core.numbers import Pi

from derive.errors import LoweringError
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
    Given,
    Hardest,
    HardestIndex,
    Hinge,
    Index,
    IndexSum,
    Inner,
    Log,
    M,
    Match,
    Mismatch,
    N,
    Named,
    Node,
    SampleIndex,
    Sin,
    Step,
    Stop,
    Top,
    View,
    free_indices,
)

mp = mpmath.MPContext()  # our own: the precision of mpmath's global context is not ours to set
mp.dps = 50

Number = Any  # a float, or a number of `mp`
Rows = tuple[tuple[Number, ...], ...]
Bindings = Mapping[Expr, int]


@dataclass(frozen=True)
class Point:
    """One batch. h, h_prime: N rows of D numbers; values: by hyper-parameter; inputs: the labels
    (N numbers) or arrays of sample numbers (N rows of M) that the loss takes besides."""

    h: Rows
    h_prime: Rows
    values: Mapping[str, Number]
    inputs: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return len(self.h)

    @property
    def d(self) -> int:
        return len(self.h[0])

    @property
    def extras(self) -> int:
        """M, the length of the rows of the arrays among the inputs (0: there are none)."""
        lengths = [len(rows[0]) for name, rows in self.inputs.items() if name != "labels"]
        return lengths[0] if lengths else 0

    @property
    def exact(self) -> bool:
        """Whether its numbers have 50 digits."""
        return isinstance(self.h[0][0], mp.mpf)


def evaluate(e: Expr, point: Point, at: Bindings | None = None) -> Number:
    """The value of e at a point, its free indices bound by `at` (they count from 0).

    Raises `LoweringError` for a node without a rule, an index without a number or an input that
    is missing; `ZeroDivisionError` (of a float or of mpmath) and `ValueError` at poles and
    outside the domain of a root or a logarithm; `OverflowError` beyond the floats.
    """
    return Evaluator(point)(e, at)


class Evaluator:
    """Evaluates expressions at one point and remembers the values of what they share."""

    def __init__(self, point: Point):
        self.point = point
        self.maths: Any = mp if point.exact else math
        self.number: Callable[[Any], Number] = mp.mpf if point.exact else float
        self._known: dict[tuple[Expr, tuple[int, ...]], Number] = {}
        self._centred: dict[str, Rows] = {}

    def __call__(self, e: Expr, at: Bindings | None = None) -> Number:
        at = at or {}
        if not isinstance(e, Node | Add | Mul | Pow):
            return _rule(e)(self, e, at)
        free = _free(e)
        try:
            key = (e, tuple([at[k] for k in free]))
        except KeyError as error:
            raise LoweringError(f"{e} needs a number for {error}.") from error
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = _rule(e)(self, e, at)
        return found

    def embedding(self, view: View, sample: int) -> Sequence[Number]:
        """One row of a view, in its role."""
        rows = self.point.h_prime if view.name.endswith("'") else self.point.h
        if view.role != "centred":
            return rows[sample]
        if view.name not in self._centred:
            means = [sum(x) / self.point.n for x in zip(*rows, strict=True)]
            self._centred[view.name] = tuple(
                tuple(x - mean for x, mean in zip(row, means, strict=True)) for row in rows
            )
        return self._centred[view.name][sample]

    def position(self, index: Expr, at: Bindings) -> int:
        """The number that an index stands for."""
        if isinstance(index, HardestIndex):
            return -max(_others(self, index, at))[1]
        if isinstance(index, Given):
            array, i, e = index.args
            return int(self.input(array.name)[self.position(i, at)][at[e]])
        if index not in at:
            raise LoweringError(f"the index {index} needs a number.")
        return at[index]

    def input(self, name: str) -> Sequence[Any]:
        if name not in self.point.inputs:
            raise LoweringError(f"the input {name!r} is missing: give the point its values.")
        return self.point.inputs[name]

    def size(self, k: Index) -> int:
        if isinstance(k, ExtraIndex):
            return self.point.extras
        return self.point.d if isinstance(k, FeatureIndex) else self.point.n


Rule = Callable[[Evaluator, Expr, Bindings], Number]


@lru_cache(maxsize=100_000)
def _free(e: Expr) -> tuple[Index, ...]:
    return tuple(free_indices(e))


@cache
def _rule_of(kind: type) -> Rule | None:
    return next((_RULES[x] for x in kind.__mro__ if x in _RULES), None)


def _rule(e: Expr) -> Rule:
    rule = _rule_of(type(e))
    if rule is None:
        raise LoweringError(
            f"no rule for the number of {type(e).__name__} (in {e}). Add one to derive/numeric.py."
        )
    return rule


def _symbol(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    sizes = {N: ev.point.n, D: ev.point.d, M: ev.point.extras}
    if e in sizes:
        return ev.number(sizes[e])
    if isinstance(e, SampleIndex) or e.name not in ev.point.values:
        raise LoweringError(f"no value for {e}: give every hyper-parameter one.")
    return ev.point.values[e.name]


_GUARDS = (Delta, Distinct, Match, Mismatch)


def _mul(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    """A guard that is 0 decides the product: the rest may have a pole there."""
    rest = []
    for x in e.args:
        if not isinstance(x, _GUARDS):
            rest.append(x)
        elif ev(x, at) == 0:
            return ev.number(0)
    product = ev.number(1)
    for x in rest:
        product = product * ev(x, at)
    return product


def _pow(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    base = ev(e.base, at)
    if e.exp.is_Integer:
        return base ** int(e.exp)
    if base < 0:
        raise ValueError(f"{e} is no real number here")
    return base ** ev(e.exp, at)


def _component(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    view, sample, feature = e.args
    return ev.embedding(view, ev.position(sample, at))[at[feature]]


def _inner(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    v, i, w, j = e.args
    left, right = ev.embedding(v, ev.position(i, at)), ev.embedding(w, ev.position(j, at))
    return sum(x * y for x, y in zip(left, right, strict=True))


def _sum(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    body, k = e.args
    return sum((ev(body, {**at, k: n}) for n in range(ev.size(k))), ev.number(0))


def _others(ev: Evaluator, e: Expr, at: Bindings) -> list[tuple[Number, int]]:
    """The body of a maximum at every sample but the anchor, with that sample negated."""
    body, k, anchor = e.args
    own = ev.position(anchor, at)
    return [(ev(body, {**at, k: n}), -n) for n in range(ev.point.n) if n != own]


def _top(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    j, body, k, i, share = e.args
    own, sample = ev.position(i, at), ev.position(j, at)
    ranked = sorted((ev(body, {**at, k: n}) for n in range(ev.point.n) if n != own), reverse=True)
    many = _ceiling(share, ev) if sample != own else 0
    return ev.number(many > 0 and ev(body, {**at, k: sample}) >= ranked[many - 1])


def _ceiling(share: Expr, ev: Evaluator) -> int:
    """⌈share·(N − 1)⌉, at least 1; a float a rounding error above a whole number counts as it."""
    others = ev.point.n - 1
    if share.is_Rational:
        return max(int(ceiling(share * others)), 1)
    return max(math.ceil(float(ev(share)) * others - 1e-9), 1)


def _equal(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    a, b = [at[x] if x in at else ev.position(x, at) for x in e.args]
    return ev.number((a == b) == isinstance(e, Delta))


def _match(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    labels = ev.input("labels")
    a, b = [labels[ev.position(x, at)] for x in e.args]
    return ev.number(bool(a == b) == isinstance(e, Match))


def _unary(name: str) -> Rule:
    return lambda ev, e, at: getattr(ev.maths, name)(ev(e.args[0], at))


def _angle(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    """⟨h, h⟩ of a rounded unit vector may exceed 1."""
    return ev.maths.acos(max(ev.number(-1), min(ev.number(1), ev(e.args[0], at))))


_RULES: dict[type, Rule] = {
    Rational: lambda ev, e, at: ev.number(int(e.p)) / int(e.q),
    Pi: lambda ev, e, at: ev.number(ev.maths.pi),
    Symbol: _symbol,
    Add: lambda ev, e, at: sum((ev(x, at) for x in e.args), ev.number(0)),
    Mul: _mul,
    Pow: _pow,
    Component: _component,
    Inner: _inner,
    IndexSum: _sum,
    Delta: _equal,
    Distinct: _equal,
    Match: _match,
    Mismatch: _match,
    Top: _top,
    Hardest: lambda ev, e, at: max(_others(ev, e, at))[0],
    Exp: _unary("exp"),
    Log: _unary("log"),
    Angle: _angle,
    Cos: _unary("cos"),
    Sin: _unary("sin"),
    Hinge: lambda ev, e, at: max(ev.number(0), ev(e.args[0], at)),
    Step: lambda ev, e, at: ev.number(ev(e.args[0], at) > 0),
    Stop: lambda ev, e, at: ev(e.args[0], at),
    Named: lambda ev, e, at: ev(e.value, at),
}
