"""A loss as a function of inner products: what the fast objective is lowered from.

Every inner product of the batch is an independent variable here. With x_ij, g_ij and o_ij the
derivatives by ⟨h_i, h'_j⟩, ⟨h_i, h_j⟩ and ⟨h'_i, h'_j⟩ (j ≠ i), the gradients are

    ∂L/∂h_i  = Σ_{j≠i} (x_ij h'_j + g_ij h_j) + x_ii h'_i + 2 n_i h_i
    ∂L/∂h'_j = Σ_{i≠j} (x_ij h_i + o_ij h'_i) + x_jj h_j + 2 n'_j h'_j

This is a second way to the same a_ij and b_i as `derive.coefficients` takes through components.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, S, Symbol

from derive.calculus import Derivative, cosine_leaf
from derive.canonical import for_print
from derive.identity import vanishes
from derive.nodes import (
    ANCHOR,
    NEGATIVE,
    Delta,
    Distinct,
    N,
    SampleIndex,
    View,
)
from derive.notation import sum_samples
from derive.objective import Objective
from derive.paradigm import revealed
from derive.simplify import simplified
from derive.verdict import Verdict

_K, _L = SampleIndex("_k"), SampleIndex("_l")


@dataclass(frozen=True)
class Pair:
    """The derivative by ⟨v_i, w_j⟩, i = ANCHOR, j = NEGATIVE ≠ i, of views v = left, w = right.

    symmetric: left is right and ⟨v_i, v_j⟩ = ⟨v_j, v_i⟩ is one variable, so that the derivative
    is symmetric in i and j; else it is that of one anchor's term.
    """

    left: View
    right: View
    coefficient: Expr
    symmetric: bool = False


@dataclass(frozen=True)
class Coefficients:
    """Derivatives by the inner products, in print form, i = ANCHOR, j = NEGATIVE ≠ i.

    views: of h and h'. formula: what is differentiated, as it was written; value: its print form.
    per_anchor: it is L_i, whose mean over anchors is the loss; else the batch scalar. own: by
    ⟨h_i, h'_i⟩; norms: by ⟨v_i, v_i⟩ of each view; pair_norms: of L_i by ⟨v_j, v_j⟩, j ≠ i (empty
    for a batch scalar, which has them in `norms`).
    """

    views: tuple[View, View]
    formula: Expr
    value: Expr
    per_anchor: bool
    pairs: tuple[Pair, ...]
    own: Expr
    norms: Mapping[View, Expr]
    pair_norms: Mapping[View, Expr]


def coefficients_of(objective: Objective, formula: Expr | None = None) -> Coefficients:
    """The derivatives of the training scalar by all inner products.

    formula: L_i or the batch scalar, instead of the objective's own with symbolic
    hyper-parameters. Raises `ObjectiveError` for a loss that is written in components, centred or
    stopped views: it is no function of these inner products.
    """
    formula = objective.formula() if formula is None else formula
    h, h_prime = objective.anchor, objective.positive
    if objective.differentiated == "anchor":
        if _is_of_its_row(formula, h, h_prime):
            return _coefficients(formula, h, h_prime, per_anchor=True)
        formula = mean_over_anchors(formula)
    return _coefficients(formula, h, h_prime, per_anchor=False)


def mean_over_anchors(term: Expr) -> Expr:
    """(1/N) Σ_i L_i."""
    return sum_samples(lambda k: term.xreplace({ANCHOR: k})) / N


def by_parameter(formula: Expr, parameter: Symbol) -> Expr:
    """∂/∂(hyper-parameter) of a formula, embeddings fixed, in print form."""
    change = Derivative(lambda _: S.Zero, parameter=parameter)(formula)
    return revealed(for_print(change))


def _is_of_its_row(formula: Expr, h: View, h_prime: View) -> bool:
    """Whether L_i is a function of inner products with h_i or h'_i, in the anchor's role, and of
    norms; others may enter stopped."""
    i = ANCHOR
    elsewhere = [(h, _K, h_prime, _L), (h, _K, h_prime, i), (h, _K, h_prime, _K)]
    elsewhere += [(v, _K, v, _L) for v in (h, h_prime)]
    return all(vanishes(_by(formula, *x)) is Verdict.PROVED for x in elsewhere)


def _coefficients(formula: Expr, h: View, h_prime: View, *, per_anchor: bool) -> Coefficients:
    i, j = ANCHOR, NEGATIVE
    pairs = [
        Pair(v, w, _by(formula, v, i, w, j, whole=per_anchor), v == w and not per_anchor)
        for v, w in ((h, h_prime), (h, h), (h_prime, h_prime))
    ]
    by_others = {v: _by(formula, v, j, v, j) for v in (h, h_prime) if per_anchor}
    return Coefficients(
        views=(h, h_prime),
        formula=formula,
        value=for_print(revealed(formula)),
        per_anchor=per_anchor,
        pairs=tuple(x for x in pairs if x.coefficient != 0),
        own=_by(formula, h, i, h_prime, i),
        norms=_nonzero({v: _by(formula, v, i, v, i) for v in (h, h_prime)}),
        pair_norms=_nonzero(by_others),
    )


def _nonzero(terms: Mapping[View, Expr]) -> dict[View, Expr]:
    return {view: e for view, e in terms.items() if e != 0}


def _by(
    formula: Expr, v: View, a: SampleIndex, w: View, b: SampleIndex, *, whole: bool = True
) -> Expr:
    """∂/∂⟨v_a, w_b⟩, for indices of different names taken to differ; whole: as one fraction where
    that is shorter, else term by term."""
    derived = for_print(Derivative(cosine_leaf(v, a, w, b))(formula))
    names = [ANCHOR, *[x for x in (a, b) if x != ANCHOR]]
    guards: dict[Expr, Expr] = {}
    for x in names:
        for y in names:
            if x != y:
                guards[Distinct(x, y)] = S.One
                guards[Delta(x, y)] = S.Zero
    guarded = derived.xreplace(guards)
    return revealed(simplified(guarded) if whole else for_print(guarded))
