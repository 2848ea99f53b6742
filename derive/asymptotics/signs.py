"""The sign of an expression where it is the same for every batch: an interval of −1, 0, 1."""

from collections.abc import Callable
from functools import lru_cache

from sympy import Add, Expr, Mul, Pow, S, Symbol, factor

from derive.nodes import (
    Component,
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
    Node,
    Step,
    Stop,
    Top,
)
from derive.printing.readable import product_of_distance

Signs = tuple[int, int]
ANY: Signs = (-1, 1)
_POSITIVE, _NOT_NEGATIVE, _ZERO = (1, 1), (0, 1), (0, 0)
_INDICATORS = (Step, Hinge, Delta, Distinct, Match, Mismatch, Top)


def sign(e: Expr) -> int | None:
    """1, 0 or −1 where that is the sign for all embeddings, N ≥ 2 and D ≥ 1; else None."""
    low, high = signs(e)
    return low if low == high else None


@lru_cache(maxsize=20_000)
def signs(e: Expr) -> Signs:
    """The least and the greatest sign that an expression can have, as far as is known."""
    if not e.has(Node):
        return _of_constant(e)
    for kind, rule in _RULES.items():
        if isinstance(e, kind):
            return rule(e)
    return ANY


def _of_constant(e: Expr) -> Signs:
    """Of N, D, M and hyper-parameters: N ≥ 2, D ≥ 1, M ≥ 1."""
    sizes = {N: 2 + _more("n"), D: 1 + _more("d"), M: 1 + _more("m")}
    e = factor(e.xreplace(sizes)) if e.free_symbols & set(sizes) else e
    if e.is_zero:
        return _ZERO
    low = 1 if e.is_positive else 0 if e.is_nonnegative else -1
    high = -1 if e.is_negative else 0 if e.is_nonpositive else 1
    return low, high


def _more(name: str) -> Symbol:
    return Symbol(f"_{name}", nonnegative=True, integer=True)


def _add(e: Add) -> Signs:
    if product_of_distance(e) is not None:
        return _NOT_NEGATIVE
    constant, rest = e.as_independent(Node, as_Add=True)
    parts = [signs(x) for x in Add.make_args(rest)]
    parts += [_of_constant(constant)] if constant != 0 else []
    lows, highs = [x[0] for x in parts], [x[1] for x in parts]
    low = -1 if -1 in lows else max(lows)
    high = 1 if 1 in highs else min(highs)
    return low, high


def _mul(e: Mul) -> Signs:
    low, high = _POSITIVE
    for x in e.args:
        ends = [a * b for a in (low, high) for b in signs(x)]
        low, high = min(ends), max(ends)
    return low, high


def _pow(e: Pow) -> Signs:
    low, high = signs(e.base)
    if e.exp.is_Integer and e.exp % 2 == 0:
        return _POSITIVE if low == high != 0 else _NOT_NEGATIVE
    if e.exp.is_Integer:
        return low, high
    return _POSITIVE if low > 0 else _NOT_NEGATIVE


def _sum(e: IndexSum) -> Signs:
    """One condition k ≠ i leaves at least one term (N ≥ 2); more conditions may leave none."""
    body, k = e.args
    guards = [x for x in Mul.make_args(body) if isinstance(x, _INDICATORS) and k in x.args]
    low, high = signs(Mul(*[x for x in Mul.make_args(body) if x not in guards]))
    if all(isinstance(x, Distinct) for x in guards) and len(guards) < 2:
        return low, high
    return min(low, 0), max(high, 0)


def _log(e: Log) -> Signs:
    return signs(e.args[0] - S.One)


_RULES: dict[type, Callable[[Expr], Signs]] = {
    Exp: lambda e: _POSITIVE,
    Component: lambda e: ANY,
    Inner: lambda e: _POSITIVE if e.args[:2] == e.args[2:] and e.args[0].unit else ANY,
    IndexSum: _sum,
    Hardest: lambda e: signs(e.args[0]),
    Log: _log,
    Stop: lambda e: signs(e.args[0]),
    Named: lambda e: signs(e.value),
    Add: _add,
    Mul: _mul,
    Pow: _pow,
    **dict.fromkeys(_INDICATORS, lambda e: _NOT_NEGATIVE),
}
