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
    return all(max(_reach(e, known, samples)) <= limit for e in expressions)


@lru_cache(maxsize=20_000)
def _reach(e: Expr, values: tuple[tuple[str, float], ...], n: int) -> tuple[float, float]:
    """How far below and above 0 exponentials can bring the logarithm of the expression, or of a
    part of it."""
    if isinstance(e, Named):
        return _reach(e.value, values, n)
    if not e.args:
        return 0.0, 0.0
    inside = [_reach(x, values, n) for x in e.args if isinstance(x, Expr)]
    downs, ups = zip(*inside, strict=True)
    if isinstance(e, Exp):
        low, high = _interval(e.args[0], values, n)
        return max(-low, *downs), max(high, *ups)
    if isinstance(e, Mul):
        return sum(downs), sum(ups)
    if isinstance(e, Pow):
        exponent = float(e.exp) if e.exp.is_number else 1.0
        down, up = (downs[0], ups[0]) if exponent > 0 else (ups[0], downs[0])
        return abs(exponent) * down, abs(exponent) * up
    down, up = max(downs), max(ups)
    if isinstance(e, Add | IndexSum) and up > 0:
        up += log(n if isinstance(e, IndexSum) else len(e.args))
    return down, up


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
        return _sum(e, values, n)
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


def _sum(e: Add, values: tuple[tuple[str, float], ...], n: int) -> Interval:
    """Terms of one cosine together: c/τ − λc/τ is (1 − λ)c/τ."""
    factors: dict[Expr, float] = {}
    low = high = 0.0
    for term in e.args:
        inner = next((x for x in Mul.make_args(term) if isinstance(x, Inner)), None)
        ends = None if inner is None else _interval(term / inner, values, n)
        if ends is not None and ends[0] == ends[1]:
            factors[inner] = factors.get(inner, 0.0) + ends[0]
        else:
            bottom, top = _interval(term, values, n)
            low, high = low + bottom, high + top
    for inner, factor in factors.items():
        reach = abs(factor) * _interval(inner, values, n)[1] if factor else 0.0
        low, high = low - reach, high + reach
    return low, high


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
