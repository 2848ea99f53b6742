"""Sums, products, powers and sums over an index."""

from sympy import Add, Expr, Mul, S

from derive.asymptotics.expander import Expander, Expansion
from derive.asymptotics.extremes import split_guards, sum_of_growth, sum_of_series
from derive.asymptotics.growth import (
    Growth,
    added,
    as_growth,
    difference,
    direction,
    settled,
    times,
)
from derive.asymptotics.series import (
    Series,
    UndecidedLimitError,
    constant,
    is_zero,
    power,
    product,
    total,
)
from derive.asymptotics.signs import sign
from derive.nodes import Distinct, Exp, IndexSum, Log, free_indices


def expand_sum(x: Expander, e: Expr) -> Expansion:
    parts = [x(y) for y in e.args]
    if any(isinstance(y, Growth) for y in parts):
        _tell_ties(x, parts)
        return added(parts, x.generic)
    return total(y for y in parts if isinstance(y, Series))


def _tell_ties(x: Expander, parts: list[Expansion]) -> None:
    """In the generic reading, that no two of the exponents tie."""
    if not x.generic:
        return
    growths = [as_growth(y) for y in parts]
    for n, a in enumerate(growths):
        for b in growths[:n]:
            rate = difference(a.rate, b.rate)
            if rate and direction(rate) is None:
                x.tell("nonzero", rate[min(rate)])


def expand_product(x: Expander, e: Expr) -> Expansion:
    result: Expansion = constant(S.One)
    for y in e.args:
        factor = x(y)
        if isinstance(result, Series) and isinstance(factor, Series):
            result = product(result, factor)
        else:
            result = times(as_growth(result), as_growth(factor))
    return result


def expand_power(x: Expander, e: Expr) -> Expansion:
    base, exponent = e.args
    if exponent.has(x.parameter):
        if sign(base) != 1 and not _diverges(x, exponent):
            x.tell("base", base)  # 0^p is 0 for p > 0 and 1 in the limit of x^p
        return x(Exp(exponent * Log(base)))
    b = x(base)
    if isinstance(b, Growth):
        return _power_of_growth(b, exponent, x.keep)
    if not (exponent.is_Integer and exponent >= 0):
        x.nonzero(b, "a power")
    return power(b, exponent, x.keep)


def _diverges(x: Expander, exponent: Expr) -> bool:
    series = x(exponent)
    return isinstance(series, Growth) or any(n < 0 for n in series.terms)


def _power_of_growth(b: Growth, exponent: Expr, keep: int) -> Expansion:
    rate = {n: c * exponent for n, c in b.rate.items()}
    size = None if b.size is None else power(b.size, exponent, keep)
    bounds = [None if c is None else c**exponent for c in (b.low, b.high)]
    low, high = bounds if sign(exponent) == 1 else bounds[::-1]
    if sign(exponent) is None:
        low = high = None
    return settled(Growth(rate, size, low, high))


def expand_index_sum(x: Expander, e: Expr) -> Expansion:
    body, k = e.args
    guards, rest = split_guards(body, k)
    if isinstance(rest, Add):
        return x(Add(*[IndexSum(Mul(y, *guards), k) for y in rest.args]))
    if any(g.has(x.parameter) for g in guards):
        raise UndecidedLimitError(f"{x.parameter.name} decides which samples a sum runs over")
    value = x(rest)
    _no_base_at_another(x, k, guards)
    if isinstance(value, Series):
        return sum_of_series(value, k, guards)
    return sum_of_growth(value, k, guards, x.generic, x.tell)


def _no_base_at_another(x: Expander, k: Expr, guards: list[Expr]) -> None:
    """A base that is told not to be 0 would be, in a sum that reaches another sample: k = i."""
    for kind, e in x.assumed:
        for m in free_indices(e) - {k} if kind == "base" and k in free_indices(e) else ():
            apart = any(isinstance(g, Distinct) and {k, m} == set(g.args) for g in guards)
            if not apart and is_zero(e.xreplace({k: m})):
                raise UndecidedLimitError("a power with a vanishing exponent has base 0 in a sum")
