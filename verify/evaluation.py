"""Expressions of `derive.nodes` as numbers with 50 digits: one rule a node, by its definition.

Shares no rule with `derive.calculus` or the lowering: sums are loops, a maximum is a loop, a
hinge is max(0, x). A stop-gradient can be frozen at other embeddings than those of the point, so
that a finite difference of a formula sees it as constant. Memory and time grow with N and D to
the number of nested sums: meant for a handful of small points.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sympy import Add, Expr, Mul, Pow, Rational, Symbol, pi

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
    SampleIndex,
    Sin,
    Step,
    Stop,
    Top,
    View,
)
from verify.numbers import Number, Point, mp

Bindings = Mapping[Expr, int]


class Evaluator:
    """Evaluates expressions at a point.

    frozen: where stop-gradients and stopped views take their embeddings from (default: the same
    point). Raises `LoweringError` for a node without a rule or an index without a number,
    `ZeroDivisionError` where the expression has a pole.
    """

    def __init__(self, point: Point, frozen: Point | None = None):
        self.point = point
        self.stopped = self if frozen is None or frozen is point else Evaluator(frozen)
        self._known: dict[tuple[Expr, tuple[int, ...]], Number] = {}
        self._means: dict[View, tuple[Number, ...]] = {}

    def __call__(self, e: Expr, at: Bindings | None = None) -> Number:
        """The value of e with its free indices bound (samples and features count from 0)."""
        at = at or {}
        free = _free(e)
        unbound = [k for k in free if k not in at]
        if unbound:
            raise LoweringError(f"{e} needs a number for {', '.join(map(str, unbound))}.")
        key = (e, tuple(at[k] for k in free))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._rule(e)(self, e, at)
        return found

    def _rule(self, e: Expr) -> "Rule":
        for kind in type(e).__mro__:
            if kind in _RULES:
                return _RULES[kind]
        raise LoweringError(
            f"no 50-digit rule for {type(e).__name__} (in {e}). Add one to verify/evaluation.py."
        )

    def embedding(self, view: View, sample: int) -> Sequence[Number]:
        """One row of a view, in its role."""
        if view.stopped and self.stopped is not self:
            return self.stopped.embedding(view, sample)
        rows = self.point.h_prime if view.name.endswith("'") else self.point.h
        if view.role != "centred":
            return rows[sample]
        if view not in self._means:
            columns = zip(*rows, strict=True)
            self._means[view] = tuple(mp.fsum(x) / len(rows) for x in columns)
        return [x - mean for x, mean in zip(rows[sample], self._means[view], strict=True)]

    def position(self, index: Expr, at: Bindings) -> int:
        """The number an index stands for."""
        if isinstance(index, Given):
            array, i, m = index.args
            rows = self.given(array.name)
            return int(rows[self.position(i, at)][at[m]])
        return _hardest_index(self, index, at) if isinstance(index, HardestIndex) else at[index]

    def given(self, name: str) -> Sequence[Any]:
        """An input of the loss."""
        if name not in self.point.inputs:
            raise LoweringError(f"no input {name}: the point has to hold it.")
        return self.point.inputs[name]

    def size(self, k: Index) -> int:
        if isinstance(k, ExtraIndex):
            return next(len(x[0]) for name, x in self.point.inputs.items() if name != "labels")
        return self.point.d if isinstance(k, FeatureIndex) else self.point.n


Rule = Callable[[Evaluator, Expr, Bindings], Number]


@lru_cache(maxsize=100_000)
def _free(e: Expr) -> tuple[Index, ...]:
    """The indices an expression depends on; a bound one is no argument of the value."""
    if isinstance(e, SampleIndex | FeatureIndex | ExtraIndex):
        return (e,)
    if isinstance(e, Top):
        j, body, k, i, share = e.args
        within = (x for x in _free(body) if x != k)
        return tuple(dict.fromkeys((*_free(j), *_free(i), *within, *_free(share))))
    found = dict.fromkeys(k for x in e.args for k in _free(x))
    if isinstance(e, IndexSum | Hardest | HardestIndex):
        found.pop(e.args[1], None)
    if isinstance(e, Hardest | HardestIndex):
        found |= dict.fromkeys(_free(e.args[2]))
    return tuple(found)


def _rational(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    return mp.mpf(int(e.p)) / int(e.q)


def _symbol(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    if e == M:
        return mp.mpf(ev.size(ExtraIndex("_m")))
    if e in (N, D):
        return mp.mpf(ev.point.n if e == N else ev.point.d)
    if e.name not in ev.point.values:
        raise LoweringError(f"no value for {e.name}: give every hyper-parameter one.")
    return ev.point.values[e.name]


def _mul(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    """A guard that is 0 decides the product: the rest may have a pole there."""
    guards = [x for x in e.args if isinstance(x, Delta | Distinct)]
    rest = [x for x in e.args if not isinstance(x, Delta | Distinct)]
    if any(ev(x, at) == 0 for x in guards):
        return mp.zero
    return mp.fprod(ev(x, at) for x in rest)


def _pow(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    base, exponent = ev(e.base, at), ev(e.exp, at)
    if base < 0 and exponent != int(exponent):
        raise ZeroDivisionError(f"{e} is no real number here")
    return base**exponent


def _component(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    view, sample, feature = e.args
    return ev.embedding(view, ev.position(sample, at))[at[feature]]


def _inner(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    v, i, w, j = e.args
    left, right = ev.embedding(v, ev.position(i, at)), ev.embedding(w, ev.position(j, at))
    return mp.fdot(left, right)


def _sum(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    body, k = e.args
    return mp.fsum(ev(body, {**at, k: n}) for n in range(ev.size(k)))


def _others(ev: Evaluator, e: Expr, at: Bindings) -> list[tuple[Number, int]]:
    """The body of a maximum at every sample but the anchor, with that sample negated."""
    body, k, anchor = e.args
    own = ev.position(anchor, at)
    return [(ev(body, {**at, k: n}), -n) for n in range(ev.point.n) if n != own]


def _hardest(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    return max(_others(ev, e, at))[0]


def _hardest_index(ev: Evaluator, e: Expr, at: Bindings) -> int:
    """The first sample of those at the maximum."""
    return -max(_others(ev, e, at))[1]


def _same_label(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    labels = ev.given("labels")
    a, b = (labels[ev.position(x, at)] for x in e.args)
    return mp.mpf((a == b) == isinstance(e, Match))


def _top(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    """1 if fewer than ⌈share·(N − 1)⌉ samples have a larger body than j has."""
    j, body, k, i, share = e.args
    own, mine = ev.position(i, at), ev(body, {**at, k: ev.position(j, at)})
    others = [ev(body, {**at, k: n}) for n in range(ev.point.n) if n != own]
    kept = max(1, int(mp.ceil(ev(share, at) * len(others) - mp.mpf(10) ** -9)))
    return mp.mpf(sum(x > mine for x in others) < kept)


def _equal(ev: Evaluator, e: Expr, at: Bindings) -> Number:
    a, b = (ev.position(x, at) for x in e.args)
    return mp.mpf((a == b) == isinstance(e, Delta))


def _unary(function: Callable[[Number], Number]) -> Rule:
    return lambda ev, e, at: function(ev(e.args[0], at))


_RULES: dict[type, Rule] = {
    Rational: _rational,
    type(pi): lambda ev, e, at: +mp.pi,
    Symbol: _symbol,
    Add: lambda ev, e, at: mp.fsum(ev(x, at) for x in e.args),
    Mul: _mul,
    Pow: _pow,
    Component: _component,
    Inner: _inner,
    IndexSum: _sum,
    Match: _same_label,
    Mismatch: _same_label,
    Top: _top,
    Delta: _equal,
    Distinct: _equal,
    Hardest: _hardest,
    HardestIndex: lambda ev, e, at: mp.mpf(_hardest_index(ev, e, at)),
    Exp: _unary(mp.exp),
    Log: _unary(mp.log),
    Angle: _unary(mp.acos),
    Cos: _unary(mp.cos),
    Sin: _unary(mp.sin),
    Hinge: _unary(lambda x: max(mp.zero, x)),
    Step: _unary(lambda x: mp.mpf(x > 0)),
    Stop: lambda ev, e, at: ev.stopped(e.args[0], at),
    Named: lambda ev, e, at: ev(e.value, at),
}
