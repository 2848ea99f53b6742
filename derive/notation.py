"""The field's notation as constructors: what a file in `derive/objectives` writes.

h_i anchor view, h'_i positive view; `cosine(i, j)` is c_ij' = ⟨h_i, h'_j⟩, `same_view(i, j)` is
c_ij = ⟨h_i, h_j⟩. Sums over samples leave out one index with `other_than=i`.
"""

from collections.abc import Callable

from sympy import Expr, Rational, sqrt

from derive.canonical import for_formula
from derive.errors import ObjectiveError
from derive.indices import fresh
from derive.nodes import (
    H_PRIME,
    Definition,
    Distinct,
    ExtraIndex,
    FeatureIndex,
    Given,
    H,
    Hardest,
    HardestIndex,
    Index,
    IndexSum,
    Inner,
    SampleIndex,
    Top,
    View,
)


def cosine(i: Expr, j: Expr) -> Expr:
    """c_ij' = ⟨h_i, h'_j⟩ = cos θ_ij': cross-view."""
    return Inner(H, i, H_PRIME, j)


def same_view(i: Expr, j: Expr) -> Expr:
    """c_ij = ⟨h_i, h_j⟩ = cos θ_ij: within the anchor view."""
    return Inner(H, i, H, j)


def other_view(i: Expr, j: Expr) -> Expr:
    """c_i'j' = ⟨h'_i, h'_j⟩ = cos θ_i'j': within the positives' view."""
    return Inner(H_PRIME, i, H_PRIME, j)


def squared_distance(v: View, i: Expr, w: View, j: Expr) -> Expr:
    """‖v_i − w_j‖², with the norms kept symbolic."""
    return Inner(v, i, v, i) + Inner(w, j, w, j) - 2 * Inner(v, i, w, j)


def distance(v: View, i: Expr, w: View, j: Expr) -> Expr:
    """‖v_i − w_j‖₂."""
    return sqrt(squared_distance(v, i, w, j))


def sum_samples(body: Callable[[Expr], Expr], other_than: Expr | None = None) -> Expr:
    """Σ_k body(k) over the N samples, or over k ≠ other_than."""
    return _sum(body, SampleIndex, other_than)


def sum_features(body: Callable[[Expr], Expr], other_than: Expr | None = None) -> Expr:
    """Σ_a body(a) over the D features, or over a ≠ other_than."""
    return _sum(body, FeatureIndex, other_than)


def sum_extras(body: Callable[[Expr], Expr]) -> Expr:
    """Σ_e body(e) over the M extra negatives of an anchor."""
    return _sum(body, ExtraIndex, None)


def _sum(body: Callable[[Expr], Expr], kind: type[Index], other_than: Expr | None) -> Expr:
    k = fresh(kind)
    term = body(k)
    return IndexSum(term if other_than is None else term * Distinct(k, other_than), k)


def sum_pairs(body: Callable[[Expr, Expr], Expr]) -> Expr:
    """Σ_{k<l} body(k, l) of a symmetric body, as ½ Σ_{k≠l}.

    Raises `ObjectiveError` if body(k, l) and body(l, k) differ: the half would be wrong then.
    """
    k, m = fresh(SampleIndex), fresh(SampleIndex)
    if for_formula(body(k, m)) != for_formula(body(m, k)):
        raise ObjectiveError(
            f"sum_pairs needs a symmetric summand, and {body(k, m)} changes when its indices "
            "are swapped. Write the sum over k ≠ l with sum_samples instead."
        )
    return Rational(1, 2) * sum_samples(lambda x: sum_samples(lambda y: body(x, y), other_than=x))


def hardest(body: Callable[[Expr], Expr], i: Expr) -> Expr:
    """max over k ≠ i of body(k): the hardest negative of anchor i."""
    k = fresh(SampleIndex)
    return Hardest(body(k), k, i)


def score(body: Callable[[Expr], Expr]) -> Definition:
    """The positive's score s_i: what the loss compares with the negatives, opaque until the
    limit s_i → −∞ of the canonical split is taken (design: the gauge)."""
    i = SampleIndex("_i")
    return Definition("s", (i,), body(i), opaque=True, score=True)


def define(
    name: str,
    body: Expr,
    *indices: SampleIndex | FeatureIndex,
    view: View | None = None,
    opaque: bool = False,
) -> Definition:
    """A named intermediate of a formula: call it at indices. It prints by its name; `opaque`
    keeps the name in results too (a standard deviation), otherwise it is expanded there."""
    return Definition(name, indices, body, opaque=opaque, view=view)


def hardest_index(body: Callable[[Expr], Expr], i: Expr) -> Expr:
    """The k ≠ i at which body(k) is largest."""
    k = fresh(SampleIndex)
    return HardestIndex(body(k), k, i)


def top(j: Expr, body: Callable[[Expr], Expr], i: Expr, share: Expr) -> Expr:
    """1 if j is among the ⌈share·(N − 1)⌉ samples k ≠ i with the largest body(k), else 0."""
    k = fresh(SampleIndex)
    return Top(j, body(k), k, i, share)


def given(array: str, i: Expr, e: Expr) -> Expr:
    """The sample number array[i, e] of an input of that name; never i."""
    return Given(array, i, e)
