"""Cosines as cos θ, and what is made of them: √(2 − 2c) = 2 sin(θ/2), √(1 − c²) = sin θ."""

from sympy import Add, Expr, Mul, Pow, Rational, sqrt

from derive.nodes import Angle, Cos, Delta, HardestIndex, Inner, Match, Mismatch, Sin, Top
from derive.simplify import size

_KEPT = (Angle, Delta, HardestIndex, Match, Mismatch, Top)


def in_angles(e: Expr) -> Expr:
    """An equal expression, with every cosine of two unit vectors by its angle."""
    e = _angles(e)
    for half in sorted({x for x in e.atoms(Sin) if _is_half(x)}, key=str):
        theta = 2 * half.args[0]
        e = min(e, e.xreplace({Sin(theta): 2 * half * Cos(theta / 2)}), key=size)
    return e


def _is_half(x: Sin) -> bool:
    return isinstance(2 * x.args[0], Angle)


def _angles(e: Expr) -> Expr:
    if isinstance(e, Inner):
        return Cos(Angle(e)) if is_cosine(e) else e
    if not e.args or isinstance(e, _KEPT):
        return e
    if isinstance(e, Pow):
        found = _of_chord(e)
        if found is not None:
            return found
    return e.func(*[_angles(x) if isinstance(x, Expr) else x for x in e.args])


def is_cosine(e: Expr) -> bool:
    """An inner product of two different embeddings of norm 1."""
    if not isinstance(e, Inner):
        return False
    v, i, w, j = e.args
    return all(x.unit and x.role == "plain" for x in (v, w)) and (v != w or i != j)


def _of_chord(e: Pow) -> Expr | None:
    """(A − A c)^p = (2A)^p sin^{2p}(θ/2), (1 − c²)^p = sin^{2p} θ."""
    if not isinstance(e.base, Add) or len(e.base.args) != 2:
        return None
    for c in e.base.atoms(Inner):
        if is_cosine(c) and not isinstance(e.exp, Inner):
            scale = e.base.xreplace({c: Rational(0)})
            if scale.is_number and e.base == scale - scale * c:
                return Mul(sqrt(2 * scale) ** (2 * e.exp), Sin(Angle(c) / 2) ** (2 * e.exp))
            if e.base == 1 - c**2:
                return Sin(Angle(c)) ** (2 * e.exp)
    return None
