"""Antiderivatives of elementary functions, by SymPy's table of rules: quick, or none."""

from sympy import Add, Expr, Integral, Pow, Symbol, acos, cancel, cos, expand, sin, together
from sympy.integrals.manualintegrate import manualintegrate


class NoAntiderivativeError(Exception):
    """No rule applies."""


def antiderivative(e: Expr, x: Symbol) -> Expr:
    """∫ e dx without a constant. An angle acos x becomes the variable.

    Raises `NoAntiderivativeError` where no rule applies.
    """
    if not e.has(x):
        return e * x
    if e.has(acos(x)):
        angle = Symbol("_angle", positive=True)
        found = antiderivative(cleared(-_in_angles(e, x, angle) * sin(angle)), angle)
        return found.xreplace({angle: acos(x)})
    found = Add(*[_by_table(term, x) for term in Add.make_args(e.expand())])
    if found.has(Integral):
        found = _by_table(e, x)
    if found.has(Integral):
        raise NoAntiderivativeError
    return found


def _in_angles(e: Expr, x: Symbol, angle: Symbol) -> Expr:
    """With x = cos(angle), 0 < angle < π: √(1 − x²) = sin(angle)."""
    roots = {y for y in e.atoms(Pow) if expand(y.base) == 1 - x**2}
    e = e.xreplace({y: sin(angle) ** (2 * y.exp) for y in roots} | {acos(x): angle})
    return e.subs(x, cos(angle))


def _by_table(e: Expr, x: Symbol) -> Expr:
    factor, rest = e.as_independent(x, as_Add=False)
    return factor * manualintegrate(rest, x)


def cleared(e: Expr) -> Expr:
    """One fraction, common factors cancelled."""
    return cancel(together(e))
