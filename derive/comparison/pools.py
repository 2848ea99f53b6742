"""A loss with its negatives taken from the other view."""

from sympy import Expr, S

from derive.canonical import for_print
from derive.comparison.subject import Form
from derive.nodes import (
    ANCHOR,
    H_PRIME,
    Component,
    Distinct,
    H,
    Hardest,
    HardestIndex,
    IndexSum,
    Inner,
    SampleIndex,
    Top,
    View,
    free_indices,
)


def other_pool(form: Form) -> Form | None:
    """L_i with h_j and h'_j exchanged for every j ≠ i; of a scalar of the batch, ⟨h_k, h'_l⟩ and
    ⟨h_k, h_l⟩ exchanged for k ≠ l. None where that is not defined, or changes nothing."""
    if not form.unit or any(v.role != "plain" for v in form.formula.atoms(View)):
        return None
    e = _exchanged_for_anchor(form.formula) if form.anchored else _exchanged_in_batch(form)
    if e is None or for_print(e) == for_print(form.formula):
        return None
    return Form(e, form.anchored, form.unit)


_TWIN = {"h": "h'", "h'": "h"}


def _flipped(v: View, k: Expr) -> View:
    return v if k == ANCHOR else View(_TWIN[v.name], v.role, v.unit, v.stopped)


def _exchanged_for_anchor(e: Expr) -> Expr | None:
    if any(_reaches_anchor(x) for x in e.atoms(IndexSum, Hardest, HardestIndex, Top)):
        return None
    inner = {}
    for x in e.atoms(Inner):
        v, i, w, j = x.args
        inner[x] = Inner(_flipped(v, i), i, _flipped(w, j), j)
    components = {x: Component(_flipped(*x.args[:2]), *x.args[1:]) for x in e.atoms(Component)}
    return e.xreplace(inner | components)


def _reaches_anchor(x: Expr) -> bool:
    """Whether a bound sample may be i."""
    if isinstance(x, Hardest | HardestIndex | Top):
        return bool(x.args[-2 if isinstance(x, Top) else 2] != ANCHOR)
    body, k = x.args
    if not isinstance(k, SampleIndex):
        return False
    return not all(
        Distinct(k, ANCHOR) in term.args or k not in free_indices(term)
        for term in for_print(body).as_ordered_terms()
    )


def _exchanged_in_batch(form: Form) -> Expr | None:
    """Where every pair of samples k ≠ l stands under a sum over k that holds one over l, with h_k
    as the anchor: its negative changes the view. Unit embeddings, no stop-gradients."""
    e = form.value
    norms = {x: S.One for x in e.atoms(Inner) if x.args[:2] == x.args[2:]}
    e = e.xreplace(norms)
    if form.stops or e.has(Component, HardestIndex, Top):
        return None
    try:
        return _walked(e, ())
    except _NoExchangeError:
        return None


class _NoExchangeError(Exception):
    """A pair of samples without an anchor and a negative."""


def _walked(e: Expr, around: tuple[Expr, ...]) -> Expr:
    """around: the bound indices of the sums and maxima outside, the outermost first."""
    if isinstance(e, Inner):
        return _exchanged(e, around)
    if not e.has(Inner):
        return e
    if isinstance(e, IndexSum | Hardest):
        body, k, *rest = e.args
        return e.func(_walked(body, (*around, k)), k, *rest)
    return e.func(*[_walked(x, around) if x.has(Inner) else x for x in e.args])


def _exchanged(e: Inner, around: tuple[Expr, ...]) -> Expr:
    v, i, w, j = e.args
    if i == j:
        return e
    if i not in around or j not in around:
        raise _NoExchangeError
    if around.index(i) > around.index(j):
        v, i, w, j = w, j, v, i
    if v != H:
        raise _NoExchangeError
    return Inner(H, i, H_PRIME if w == H else H, j)
