"""The similarity-space coefficients of an anchor's term: what the fast objective is lowered from.

L_i is a function of inner products of row i. Each is an independent variable here, so that

    ∂L_i/∂h_i   = Σ_{j≠i} (x_ij h'_j + g_ij h_j) + x_ii h'_i + 2 r_i h_i
    ∂L_i/∂h'_j  = x_ij h_i + 2 q_ij h'_j          ∂L_i/∂h_j = g_ij h_i

with x, g, r, q the derivatives by c_ij', c_ij, ⟨h_i, h_i⟩ and ⟨h'_j, h'_j⟩. This is a second way to
the same a_ij and b_i as `derive.coefficients` takes through components; verify compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, S

from derive.calculus import Derivative, cosine_leaf
from derive.canonical import for_print
from derive.errors import ObjectiveError
from derive.identity import vanishes
from derive.nodes import ANCHOR, H_PRIME, NEGATIVE, Delta, Distinct, H, SampleIndex, View
from derive.objective import Objective
from derive.paradigm import revealed
from derive.simplify import simplified
from derive.verdict import Verdict

_K, _L = SampleIndex("_k"), SampleIndex("_l")
# Every inner product that `RowCoefficients` does not hold, k and l other than i and each other.
_ELSEWHERE = (
    (H, _K, H_PRIME, _L),
    (H, _K, H_PRIME, ANCHOR),
    (H, _K, H_PRIME, _K),
    (H, _K, H, _L),
    (H, _K, H, _K),
    (H_PRIME, ANCHOR, H_PRIME, _K),
    (H_PRIME, _K, H_PRIME, _L),
)


@dataclass(frozen=True)
class RowCoefficients:
    """Derivatives of L_i by the inner products of its row, in print form, anchor i, negative j ≠ i.

    value: L_i; cross: ∂/∂c_ij'; positive: ∂/∂c_ii'; same: ∂/∂c_ij; norm: ∂/∂⟨h_i, h_i⟩;
    positive_norm: ∂/∂⟨h'_i, h'_i⟩; cross_norm: ∂/∂⟨h'_j, h'_j⟩.
    """

    value: Expr
    cross: Expr
    positive: Expr
    same: Expr
    norm: Expr
    positive_norm: Expr
    cross_norm: Expr


def row_coefficients(
    objective: Objective, settings: Mapping[str, object] | None = None
) -> RowCoefficients:
    """Raises `ObjectiveError` unless the objective is one anchor's term and a function of the
    inner products that `RowCoefficients` names, of its own row (others may enter stopped)."""
    if objective.differentiated != "anchor":
        raise ObjectiveError(f"{objective.name} is a scalar of the batch, not one anchor's term.")
    if objective.embeddings != "unit":
        raise ObjectiveError(f"{objective.name} is a function of raw embeddings, not of cosines.")
    formula = objective.formula(settings)
    i, j = ANCHOR, NEGATIVE
    for v, a, w, b in _ELSEWHERE:
        if vanishes(_by(formula, v, a, w, b)) is not Verdict.PROVED:
            raise ObjectiveError(
                f"L_i of {objective.name} depends on ⟨{v}_{a.name[1:] or 'i'}, {w}_{b.name[1:]}⟩, "
                "which is none of the inner products of row i."
            )
    return RowCoefficients(
        value=for_print(revealed(formula)),
        cross=_by(formula, H, i, H_PRIME, j),
        positive=_by(formula, H, i, H_PRIME, i),
        same=_by(formula, H, i, H, j),
        norm=_by(formula, H, i, H, i),
        positive_norm=_by(formula, H_PRIME, i, H_PRIME, i),
        cross_norm=_by(formula, H_PRIME, j, H_PRIME, j),
    )


def _by(formula: Expr, v: View, a: SampleIndex, w: View, b: SampleIndex) -> Expr:
    """∂/∂⟨v_a, w_b⟩, for indices of different names taken to differ."""
    derived = for_print(Derivative(cosine_leaf(v, a, w, b))(formula))
    names = [ANCHOR, *[x for x in (a, b) if x != ANCHOR]]
    guards: dict[Expr, Expr] = {}
    for x in names:
        for y in names:
            if x != y:
                guards[Distinct(x, y)] = S.One
                guards[Delta(x, y)] = S.Zero
    return revealed(simplified(derived.xreplace(guards)))
