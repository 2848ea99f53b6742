"""f(u) ≥ 0 for every real u in an interval, decided: by monotone pieces, else interval arithmetic.

f is built of arithmetic, exp, log, roots and max(0, ·). It is cut at the kinks of its maxima and
at the zeros of its derivative where they are found. A piece where the derivative keeps its sign
has its least value at an end, which is exact; another one is covered by intervals (outward
rounding, `mpmath.iv`), with tails that keep a sign of the derivative.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import mpmath
from mpmath.ctx_iv import MPIntervalContext
from sympy import Add, Expr, Max, Mul, Pow, S, Symbol, diff, exp, limit, log, oo, simplify, solve

_iv = MPIntervalContext()
_TAIL = 40  # where a tail may begin
_CUTS = 12  # halvings of an interval
_SHORT = 30  # operations of a derivative whose zeros are looked for


def nonnegative(f: Expr, u: Symbol, low: Expr = -oo, high: Expr = oo) -> str | None:
    """How f ≥ 0 was shown on the interval (a few words), or None."""
    how = []
    ends = [low, *_cuts(f, u, low, high), high]
    for a, b in pairwise(ends):
        found = _on_piece(_branch(f, u, a, b), u, a, b)
        if found is None:
            return None
        how.append(f"{found} on [{a}, {b}]")
    return ", ".join(how)


def _cuts(f: Expr, u: Symbol, low: Expr, high: Expr) -> list[Expr]:
    found = [x for hinge in f.atoms(Max) for a in hinge.args for x in _zeros(a, u)]
    if not f.has(Max):
        found += _zeros(diff(f, u), u)
    return sorted({x for x in found if x.is_real and low < x < high})


def _zeros(e: Expr, u: Symbol) -> list[Expr]:
    if not e.has(u) or e.count_ops() > _SHORT:
        return []
    try:
        return list(solve(e, u))
    except NotImplementedError:
        return []


def _branch(f: Expr, u: Symbol, a: Expr, b: Expr) -> Expr:
    """f without maxima: each is the argument that is largest inside of the piece."""
    inside = _inside(a, b)
    chosen = {}
    for hinge in f.atoms(Max):
        chosen[hinge] = max(hinge.args, key=lambda x: x.xreplace({u: inside}).evalf(30))
    return f.xreplace(chosen)


def _inside(a: Expr, b: Expr) -> Expr:
    if a == -oo and b == oo:
        return S.One / 3
    return b - 1 if a == -oo else a + 1 if b == oo else (2 * a + b) / 3


def _on_piece(f: Expr, u: Symbol, a: Expr, b: Expr) -> str | None:
    slope = diff(f, u)
    if _keeps_sign(slope, u, a, b, 1):
        return "increasing, least at the left" if _end(f, u, a, "+") else None
    if _keeps_sign(slope, u, a, b, -1):
        return "decreasing, least at the right" if _end(f, u, b, "-") else None
    if a == -oo or b == oo:
        return _with_tails(f, u, a, b)
    return "intervals" if _covered(f, u, a, b, _CUTS) else None


def _with_tails(f: Expr, u: Symbol, a: Expr, b: Expr) -> str | None:
    """A finite middle, and tails on which the derivative keeps its sign."""
    left = -S(_TAIL) if a == -oo else a
    right = S(_TAIL) if b == oo else b
    slope = diff(f, u)
    for x, y in ((a, left), (right, b)):
        if x == y:
            continue
        rises = _keeps_sign(slope, u, x, y, 1) and _end(f, u, x, "+")
        falls = _keeps_sign(slope, u, x, y, -1) and _end(f, u, y, "-")
        if not rises and not falls:
            return None
    if not left < right or not _covered(f, u, left, right, _CUTS):
        return None
    return f"intervals, and monotone beyond ±{_TAIL}"


def _keeps_sign(e: Expr, u: Symbol, a: Expr, b: Expr, sign: int) -> bool:
    """Whether sign·e ≥ 0 inside of the piece, by its form; else, where it moves one way by the
    form of its derivative, by its end."""
    if _has_sign(e, u, a, b, sign):
        return True
    for way, at, side in ((1, a, "+"), (-1, b, "-")):
        if _has_sign(diff(e, u), u, a, b, way * sign) and _end(sign * e, u, at, side):
            return True
    return False


def _has_sign(e: Expr, u: Symbol, a: Expr, b: Expr, sign: int) -> bool:
    """By SymPy's assumptions on a positive p."""
    p = Symbol("_p", positive=True)
    if a == -oo and b == oo:
        at: Expr = Symbol("_p", real=True)
    elif a == -oo:
        at = b - p
    else:
        at = a + p if b == oo else a + (b - a) * p / (1 + p)
    moved = e.xreplace({u: at})
    return any((sign * x).is_nonnegative is True for x in (moved, simplify(moved)))


def _end(f: Expr, u: Symbol, at: Expr, side: str) -> bool:
    """Whether f is not negative at an end, or in its limit there."""
    value = limit(f, u, at, side) if at in (oo, -oo) else simplify(f.xreplace({u: at}))
    return value.is_nonnegative is True


def _covered(f: Expr, u: Symbol, a: Expr, b: Expr, depth: int) -> bool:
    """Whether interval arithmetic shows f > 0 on all of [a, b]."""
    try:
        if _interval(f, u, _iv.mpf([_lower(a), _upper(b)])).a > 0:
            return True
    except (ValueError, ZeroDivisionError, mpmath.libmp.ComplexResult):
        pass
    if depth == 0:
        return False
    middle = (a + b) / 2
    return _covered(f, u, a, middle, depth - 1) and _covered(f, u, middle, b, depth - 1)


def _lower(x: Expr) -> Any:
    return _interval(x, Symbol("_u"), _iv.mpf(0)).a


def _upper(x: Expr) -> Any:
    return _interval(x, Symbol("_u"), _iv.mpf(0)).b


def _interval(e: Expr, u: Symbol, at: Any) -> Any:
    """An interval that holds e(u) for all u of an interval. Raises `ValueError` without a rule."""
    if e == u:
        return at
    if e.is_Rational:
        return _iv.mpf(int(e.p)) / _iv.mpf(int(e.q))
    if isinstance(e, Add):
        return sum((_interval(x, u, at) for x in e.args), _iv.mpf(0))
    if isinstance(e, Mul):
        product = _iv.mpf(1)
        for x in e.args:
            product = product * _interval(x, u, at)
        return product
    if isinstance(e, Pow) and e.exp.is_Integer:
        return _interval(e.base, u, at) ** int(e.exp)
    for kind, rule in _RULES.items():
        if isinstance(e, kind):
            return rule(_interval(e.args[0], u, at))
    raise ValueError(f"no interval rule for {e}")


_RULES: dict[Any, Callable[[Any], Any]] = {exp: _iv.exp, log: _iv.log}
