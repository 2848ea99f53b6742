"""Gradients by every embedding, and whether a combination of two of them vanishes on the sphere."""

from collections.abc import Iterator
from functools import lru_cache

from sympy import Add, Expr, Mul, S

from derive.calculus import Derivative, embedding_leaf
from derive.canonical import for_print, for_proof
from derive.comparison.normal import spelt
from derive.comparison.subject import Form
from derive.identity import vanishes, vanishes_in_form
from derive.nodes import (
    ANCHOR,
    FEATURE,
    NEGATIVE,
    Component,
    Delta,
    Distinct,
    SampleIndex,
    View,
    free_indices,
)
from derive.reading import Parts
from derive.simplify import simplified
from derive.verdict import Verdict

Spot = tuple[View, SampleIndex]
_OTHER = SampleIndex("_other")


def spots(form: Form) -> Iterator[Spot]:
    """The embeddings that stand for all: of L_i those of sample i and of a j ≠ i, of a scalar of
    the batch those of any sample."""
    for p in (ANCHOR, NEGATIVE) if form.anchored else (ANCHOR,):
        for view in form.views:
            yield view, p


@lru_cache(maxsize=512)
def gradient(formula: Expr, view: View, p: SampleIndex) -> Expr:
    """Component FEATURE of the gradient by embedding p of a view."""
    return for_print(Derivative(embedding_leaf(view, p, FEATURE))(formula))


@lru_cache(maxsize=512)
def gradient_at_spot(formula: Expr, view: View, p: SampleIndex) -> Expr:
    """The same in one spelling, where i and j differ."""
    return spelt(_apart(gradient(formula, view, p)))


_APART = {Distinct(ANCHOR, NEGATIVE): S.One, Delta(ANCHOR, NEGATIVE): S.Zero}


def _apart(e: Expr) -> Expr:
    return e.xreplace(_APART)


def vanishes_on_sphere(e: Expr, spot: Spot) -> bool:
    """Whether a vector (its component FEATURE) is proved to be zero up to a multiple of the unit
    embedding that it is a gradient by; of a raw embedding, to be zero."""
    form = _apart(for_proof(_apart(e)))
    view, p = spot
    if view.unit:
        form = Add(*[x for x in Add.make_args(form) if not _along(x, view, p)])
    return vanishes_in_form(for_proof(form)) is Verdict.PROVED


def _along(term: Expr, view: View, p: SampleIndex) -> bool:
    holders = [x for x in Mul.make_args(term) if FEATURE in free_indices(x)]
    return holders == [Component(view, p, FEATURE)]


def factor_between(a: Form, b: Form) -> Iterator[Expr]:
    """Candidates for f in ∇a = f ∇b: ratios of the coefficients of equal embeddings."""
    for view, p in spots(a):
        mine, theirs = (_coefficients(x, view, p) for x in (a, b))
        for key in mine[0].keys() & theirs[0].keys():
            if vanishes(theirs[0][key]) is not Verdict.PROVED:
                yield simplified(mine[0][key] / theirs[0][key])


def tangent_coefficients(form: Form, view: View) -> dict[object, Expr] | None:
    """The gradient by h_i as coefficients: View → that of every other sample j, (View, i) → that
    of sample i. None where a part of it is no multiple of an embedding."""
    coefficients, whole = _coefficients(form, view, ANCHOR)
    return coefficients if whole else None


def _coefficients(form: Form, view: View, p: SampleIndex) -> tuple[dict[object, Expr], bool]:
    """Coefficients by embedding, that of the embedding itself left out; whether they are all."""
    fixed, other = ((ANCHOR,), NEGATIVE) if p == ANCHOR else ((ANCHOR, NEGATIVE), _OTHER)
    parts = Parts(fixed, other)
    parts.read("", gradient_at_spot(form.formula, view, p), set())
    found: dict[object, Expr] = {}
    for own, weights in parts.own.items():
        if own != (view, p):
            found[own] = simplified(Add(*weights))
    for others, weights in parts.others.items():
        found[others] = simplified(Add(*weights))
    return {key: e for key, e in found.items() if e != 0}, not parts.remainder
