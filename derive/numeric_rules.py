"""How each node becomes a number, by its definition."""

import math
from collections.abc import Callable, Mapping
from typing import Any

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
    Hardest,
    Hinge,
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
)

Number = Any  # a float, or a number of mpmath
Bindings = Mapping[Expr, int]
Rule = Callable[[Any, Expr, Bindings], Number]  # of an Evaluator


def rule_of(e: Expr) -> Rule:
    """Raises `LoweringError` for a node that has none."""
    rule = next((_RULES[x] for x in type(e).__mro__ if x in _RULES), None)
    if rule is None:
        raise LoweringError(
            f"no rule for the number of {type(e).__name__} (in {e}). Add one to "
            "derive/numeric_rules.py."
        )
    return rule


def _symbol(ev: Any, e: Expr, at: Bindings) -> Number:
    sizes = {N: ev.point.n, D: ev.point.d, M: ev.point.extras}
    if e in sizes:
        return ev.number(sizes[e])
    if isinstance(e, SampleIndex) or e.name not in ev.point.values:
        raise LoweringError(f"no value for {e}: give every hyper-parameter one.")
    return ev.point.values[e.name]


_GUARDS = (Delta, Distinct, Match, Mismatch)


def _mul(ev: Any, e: Expr, at: Bindings) -> Number:
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


def _pow(ev: Any, e: Expr, at: Bindings) -> Number:
    base = ev(e.base, at)
    if e.exp.is_Integer:
        return base ** int(e.exp)
    if base < 0:
        raise ValueError(f"{e} is no real number here")
    return base ** ev(e.exp, at)


def _component(ev: Any, e: Expr, at: Bindings) -> Number:
    view, sample, feature = e.args
    return ev.embedding(view, ev.position(sample, at))[at[feature]]


def _inner(ev: Any, e: Expr, at: Bindings) -> Number:
    v, i, w, j = e.args
    left, right = ev.embedding(v, ev.position(i, at)), ev.embedding(w, ev.position(j, at))
    return sum(x * y for x, y in zip(left, right, strict=True))


def _sum(ev: Any, e: Expr, at: Bindings) -> Number:
    body, k = e.args
    return sum((ev(body, {**at, k: n}) for n in range(ev.size(k))), ev.number(0))


def _top(ev: Any, e: Expr, at: Bindings) -> Number:
    j, body, k, i, share = e.args
    own, sample = ev.position(i, at), ev.position(j, at)
    ranked = sorted((ev(body, {**at, k: n}) for n in range(ev.point.n) if n != own), reverse=True)
    many = _ceiling(share, ev) if sample != own else 0
    return ev.number(many > 0 and ev(body, {**at, k: sample}) >= ranked[many - 1])


def _ceiling(share: Expr, ev: Any) -> int:
    """⌈share·(N − 1)⌉, at least 1; a float a rounding error above a whole number counts as it."""
    others = ev.point.n - 1
    if share.is_Rational:
        return max(int(ceiling(share * others)), 1)
    return max(math.ceil(float(ev(share)) * others - 1e-9), 1)


def _equal(ev: Any, e: Expr, at: Bindings) -> Number:
    a, b = [at[x] if x in at else ev.position(x, at) for x in e.args]
    return ev.number((a == b) == isinstance(e, Delta))


def _match(ev: Any, e: Expr, at: Bindings) -> Number:
    labels = ev.input("labels")
    a, b = [labels[ev.position(x, at)] for x in e.args]
    return ev.number(bool(a == b) == isinstance(e, Match))


def _unary(name: str) -> Rule:
    return lambda ev, e, at: getattr(ev.maths, name)(ev(e.args[0], at))


def _angle(ev: Any, e: Expr, at: Bindings) -> Number:
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
    Hardest: lambda ev, e, at: max(ev.others(e, at))[0],
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
