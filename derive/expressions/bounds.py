"""Signs of exact real numbers, proved by interval arithmetic (mpmath's, rounded outwards).

A comparison is never decided by rounding: the enclosure is narrowed to `_DIGITS` digits, and a
number whose enclosure still holds zero is zero only if expanding it says so.
"""

from collections.abc import Callable, Iterator
from itertools import product
from math import comb, prod
from typing import Any

from mpmath import iv
from sympy import (
    Add,
    E,
    Expr,
    Integer,
    Mul,
    Pow,
    Symbol,
    cos,
    exp,
    expand,
    fraction,
    log,
    pi,
    sin,
    together,
)

from derive.nodes import D, N

_DIGITS = (30, 120, 480)
_MOST_TERMS = 500  # up to which a number is expanded
_SIZES = (2, 3, 8, 1000), (1, 2, 64, 1000)  # N and D at which a counterexample is looked for

# N = 2 + n and D = 1 + d: what holds for all n, d ≥ 0 holds for every batch with a negative.
_FROM_ZERO = {
    N: 2 + Symbol("n", integer=True, nonnegative=True),
    D: 1 + Symbol("d", integer=True, nonnegative=True),
}


def sign(e: Expr) -> int | None:
    """1, 0 or −1, proved; None where it was not decided (or the number is not understood)."""
    if e.is_Rational:
        return (e.p > 0) - (e.p < 0)
    for digits in _DIGITS:
        box = enclosure(e, digits)
        if box is None:
            return None
        if box.a > 0:
            return 1
        if box.b < 0:
            return -1
    return 0 if _expands_to_zero(e) else None


def enclosure(e: Expr, digits: int = 30) -> Any:
    """An interval of mpmath that holds the number; None where it is not understood."""
    before = iv.dps
    iv.dps = digits
    try:
        return _box(e)
    except (ValueError, ZeroDivisionError):  # a logarithm or a root next to 0
        return None
    finally:
        iv.dps = before


def _box(e: Expr) -> Any:
    if e.is_Rational:
        return iv.mpf(int(e.p)) / int(e.q)
    if e in (pi, E):
        return iv.mpf(iv.pi if e is pi else iv.e)
    if isinstance(e, Add | Mul):
        total = _box(e.args[0])
        for x in map(_box, e.args[1:]):
            total = total + x if isinstance(e, Add) else total * x
        return total
    if isinstance(e, Pow):
        base = _box(e.base)
        return base ** int(e.exp) if e.exp.is_Integer else iv.exp(_box(e.exp) * _log(base))
    function = _FUNCTIONS.get(type(e))
    if function is None:
        raise ValueError(f"no interval of {type(e).__name__}")
    return function(_box(e.args[0]))


def _log(x: Any) -> Any:
    if not x.a > 0:
        raise ValueError("the logarithm of what may be 0 or negative")
    return iv.log(x)


_FUNCTIONS: dict[type, Callable[[Any], Any]] = {exp: iv.exp, log: _log, sin: iv.sin, cos: iv.cos}


def _expands_to_zero(e: Expr) -> bool:
    return _terms(e) <= _MOST_TERMS and bool(expand(e) == 0)


def _terms(e: Expr) -> int:
    """A bound on the number of terms that expanding a number, or what stands in it, makes."""
    parts = [_terms(x) for x in e.args]
    if isinstance(e, Add):
        return sum(parts)
    if isinstance(e, Pow) and e.exp.is_Integer:
        return comb(parts[0] - 1 + abs(int(e.exp)), abs(int(e.exp)))
    return prod(parts)


def depends_on_sizes(e: Expr) -> bool:
    """Whether N or D occurs."""
    return not e.free_symbols.isdisjoint((N, D))


def exceeds(e: Expr, bound: Expr, *, strictly: bool) -> bool | None:
    """Whether e > bound (or ≥) at every batch size N ≥ 2 and dimension D ≥ 1; None: undecided."""
    if not depends_on_sizes(e):
        found = sign(e - bound)
        return None if found is None else found > 0 or (found == 0 and not strictly)
    for form in _from_zero(e - bound):
        if form.is_positive if strictly else form.is_nonnegative:
            return True
    return False if counterexample(e, bound, strictly=strictly) else None


def counterexample(e: Expr, bound: Expr, *, strictly: bool) -> dict[str, int] | None:
    """Sizes at which e > bound (or ≥) fails, if it does at one of those tried."""
    for n, d in product(*_SIZES):
        found = sign(e.subs({N: Integer(n), D: Integer(d)}) - bound)
        if found is not None and (found < 0 or (found == 0 and strictly)):
            return {"N": n, "D": d}
    return None


def real_at_every_size(e: Expr) -> bool:
    """Whether e is proved to be a finite real number at every N ≥ 2 and D ≥ 1, of which alone it
    is a function."""
    if not e.free_symbols <= {N, D}:
        return False
    return any(form.is_real is True for form in _from_zero(e))


def _from_zero(e: Expr) -> Iterator[Expr]:
    """e in n, d ≥ 0, as it is and over one denominator, expanded: SymPy sees the sign of one."""
    shifted = e.xreplace(_FROM_ZERO)
    yield shifted
    top, bottom = fraction(together(shifted))
    yield expand(top) / expand(bottom)
