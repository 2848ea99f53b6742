"""How large or small the exponentials of an expression can get, known before it is computed.

With unit rows every cosine is in [−1, 1], so the exponents of a loss are bounded by its
hyper-parameters. Where all products of exponentials stay far inside the range of the dtype they
are computed as they are: no maximum is searched and no logarithm taken.
"""

from collections.abc import Mapping
from functools import lru_cache
from math import inf, log, pi

import torch
from sympy import Add, Expr, Mul, Pow, Symbol
from sympy.core.numbers import Number, NumberSymbol

from derive.nodes import (
    Angle,
    Cos,
    Delta,
    Distinct,
    Exp,
    Hardest,
    Hinge,
    IndexSum,
    Inner,
    Kept,
    Log,
    Match,
    Mismatch,
    N,
    Named,
    Sin,
    Step,
    Stop,
    Top,
    View,
)

Interval = tuple[float, float]
_INDICATORS = (Delta, Distinct, Kept, Match, Mismatch, Step, Top)
_ANYTHING: Interval = (-inf, inf)


def is_safe(
    expressions: tuple[Expr, ...], values: Mapping[str, float], samples: int, dtype: torch.dtype
) -> bool:
    """Whether no exponential in the expressions, and no product of some, can leave the range of
    the dtype at unit rows: |log| stays under 0.9 times that of its smallest normal number."""
    limit = 0.9 * -log(torch.finfo(dtype).tiny)
    known = tuple(sorted(values.items()))
    return all(_magnitude(e, known, samples) <= limit for e in expressions)


@lru_cache(maxsize=20_000)
def _magnitude(e: Expr, values: tuple[tuple[str, float], ...], n: int) -> float:
    """The largest |log| that exponentials inside can give the expression or a part of it."""
    if isinstance(e, Named):
        return _magnitude(e.value, values, n)
    if not e.args:
        return 0.0
    inside = [_magnitude(x, values, n) for x in e.args if isinstance(x, Expr)]
    if isinstance(e, Exp):
        low, high = _interval(e.args[0], values, n)
        return max(abs(low), abs(high), *inside)
    if isinstance(e, Mul):
        return sum(inside)
    if isinstance(e, Pow):
        return inside[0] * (abs(float(e.exp)) if e.exp.is_number else 1.0)
    if isinstance(e, Add | IndexSum):
        most = max(inside)
        return most + log(n if isinstance(e, IndexSum) else len(e.args)) if most else 0.0
    return max(inside)


def _interval(e: Expr, values: tuple[tuple[str, float], ...], n: int) -> Interval:
    """Where the values of an expression lie at unit rows; everything, where no rule says."""
    if isinstance(e, Number | NumberSymbol):
        return float(e), float(e)
    if isinstance(e, Symbol):
        value = float(n) if e == N else dict(values).get(e.name)
        return _ANYTHING if value is None else (value, value)
    if isinstance(e, Inner):
        return _cosine(e.args[0], e.args[2])
    if isinstance(e, Cos | Sin):
        return -1.0, 1.0
    if isinstance(e, Angle):
        return 0.0, pi
    if isinstance(e, _INDICATORS):
        return 0.0, 1.0
    if isinstance(e, Named):
        return _interval(e.value, values, n)
    if isinstance(e, Stop | Hardest):
        return _interval(e.args[0], values, n)
    return _compound(e, values, n)


def _cosine(v: View, w: View) -> Interval:
    """Of unit rows; a centred row has a norm of up to 2."""
    if not (v.unit and w.unit):
        return _ANYTHING
    reach = (2.0 if v.role == "centred" else 1.0) * (2.0 if w.role == "centred" else 1.0)
    return -reach, reach


def _compound(e: Expr, values: tuple[tuple[str, float], ...], n: int) -> Interval:
    parts = [_interval(x, values, n) for x in e.args if isinstance(x, Expr)]
    if isinstance(e, Add):
        return sum(x for x, _ in parts), sum(y for _, y in parts)
    if isinstance(e, Mul):
        out = (1.0, 1.0)
        for x in parts:
            ends = [a * b for a in out for b in x]
            if any(a != a for a in ends):  # 0 · ∞
                return _ANYTHING
            out = min(ends), max(ends)
        return out
    if isinstance(e, Hinge):
        return max(parts[0][0], 0.0), max(parts[0][1], 0.0)
    if isinstance(e, Log):
        return _ANYTHING if parts[0][0] <= 0 else (log(parts[0][0]), log(parts[0][1]))
    if isinstance(e, Pow) and parts[1][0] == parts[1][1]:
        return _power(parts[0], parts[1][0])
    return _ANYTHING


def _power(base: Interval, exponent: float) -> Interval:
    low, high = base
    if abs(exponent) == inf:
        return _ANYTHING
    if exponent < 0 and low <= 0 <= high:
        return _ANYTHING
    if not exponent.is_integer():
        low, high = max(low, 0.0), max(high, 0.0)
    if low == -inf or high == inf:
        return _ANYTHING
    ends = [low**exponent, high**exponent]
    least = 0.0 if low < 0 < high else min(ends)
    return min(least, *ends), max(ends)
