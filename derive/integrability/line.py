"""The scalar of a field along a line: ∫₀¹ Σ_c c · entry(t c) dt, for polynomials of the cosines."""

from collections.abc import Callable

from sympy import Add, Expr, Rational, S, Symbol

from derive.canonical import for_print
from derive.integrability.field import Cosine, Field
from derive.nodes import (
    ANCHOR,
    NEGATIVE,
    Delta,
    Distinct,
    HardestIndex,
    Inner,
    Match,
    Mismatch,
    Step,
    Top,
    View,
)
from derive.notation import sum_samples

_T = Symbol("_t", positive=True)
_CONSTANT = (Delta, Distinct, HardestIndex, Match, Mismatch, Step, Top)  # off their jumps


def line_integral(of: Field, *, every_anchor: bool) -> Expr | None:
    """A candidate for the scalar, or None where an entry is no polynomial.

    every_anchor: Φ_i of Σ_i Φ_i, with all the cosines scaled (one within a view is met from both
    of its anchors); else a scalar for the anchor i, with only the cosines of h_i scaled.
    """
    scale = _of_all(of) if every_anchor else _of_one(of)
    total = _scaled(of.own, scale) * Cosine(of.positive, ANCHOR, ANCHOR).node(of.anchor)
    for view, push in of.push.items():
        once = Rational(1, 2) if every_anchor and view == of.anchor else S.One
        total += once * sum_samples(_term(of, view, _scaled(push, scale)), ANCHOR)
    return _integrated(for_print(for_print(total)))


def _integrated(e: Expr) -> Expr | None:
    """∫₀¹ e dt, term by term."""
    parts = []
    for term in Add.make_args(e):
        factor, power = term.as_independent(_T, as_Add=False)
        degree = power.as_base_exp()[1] if power.has(_T) else S.Zero
        if power != _T**degree or not (degree.is_Integer and degree >= 0):
            return None
        parts.append(factor / (degree + 1))
    return Add(*parts)


def _term(of: Field, view: View, push: Expr) -> Callable[[Expr], Expr]:
    return lambda k: push.xreplace({NEGATIVE: k}) * Inner(of.anchor, ANCHOR, view, k)


Scale = Callable[[Inner], Expr]


def _of_all(of: Field) -> Scale:
    """Every cosine of the field times t; ⟨h_k, h_k⟩ stays 1."""

    def scale(x: Inner) -> Expr:
        v, i, w, j = x.args
        if v == w == of.anchor:
            return _T * x + Delta(i, j) - _T * Delta(i, j)
        return _T * x if of.anchor in (v, w) else x

    return scale


def _of_one(of: Field) -> Scale:
    """The cosines of h_i times t, i the anchor."""

    def scale(x: Inner) -> Expr:
        ends = [Delta(k, ANCHOR) for view, k in (x.args[:2], x.args[2:]) if view == of.anchor]
        moved = Add(*ends) if len(ends) < 2 else ends[0] + ends[1] - 2 * ends[0] * ends[1]
        return x + _T * moved * x - moved * x

    return scale


def _scaled(e: Expr, scale: Scale) -> Expr:
    if isinstance(e, Inner):
        return scale(e)
    if not e.args or isinstance(e, _CONSTANT):
        return e
    return e.func(*[_scaled(x, scale) if isinstance(x, Expr) else x for x in e.args])
