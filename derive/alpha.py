"""A loss as coordinate-wise optimisation of pairwise importance: the view of α-CL.

With d_i² = ½‖h_i − h'_i‖² and d_ij² = ½‖h_i − n_j‖², and α stopped (Tian 2022, arXiv:2201.12680),

    E_α = Σ_i Σ_{j≠i} α_ij (d_ij² − d_i²) = tr C_α,      ∇L = −∇E_α

where C_α = ½ Σ α_ij ((h_i − n_j)(h_i − n_j)ᵀ − (h_i − h'_i)(h_i − h'_i)ᵀ) is the contrastive
covariance: the embeddings maximise its trace. By h_i, as the anchor, −∇E_α is
Σ_j α_ij (n_j − h'_i): α_ij is the push a_ij = GD_i W_ij, and a loss is of this form if its pull is
Σ_j α_ij, R_i = 1, and nothing is left over. In a scalar of the batch with negatives h_j, h_i is a
negative as well, and pushed by α_ij + α_ji.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sympy import Add, Expr, Rational, S

from derive.angles.signs import sign_of
from derive.identity import vanishes
from derive.nodes import ANCHOR, NEGATIVE, Node, View
from derive.notation import sum_samples
from derive.paradigm import Decomposition, revealed
from derive.simplify import simplified
from derive.verdict import Verdict

if TYPE_CHECKING:
    from derive.printing.layout import Typesetter
    from derive.printing.sections import Section


@dataclass(frozen=True)
class AlphaView:
    """importance: view of the negatives → α_ij. total: Σ_{j≠i} α_ij over all views. signed: its
    form does not tell that α is never negative. both_roles: a_ij is α_ij + α_ji, h_i being a
    negative too.

    left_pull: what multiplies h'_i beside it, b_i − Σ_j α_ij (0: none). left_out: what else of the
    gradient −∇E_α is not, by name; of unit embeddings not the radial part, which normalisation
    removes.
    """

    importance: Mapping[View, Expr]
    total: Expr
    signed: bool
    both_roles: bool
    left_pull: Expr
    left_out: tuple[str, ...]

    @property
    def in_family(self) -> bool:
        """Whether ∇L = −∇E_α was proved (up to a multiple of h_i)."""
        return bool(self.importance) and self.left_pull == 0 and not self.left_out

    @property
    def normalised(self) -> bool:
        """Whether Σ_j α_ij is the same for every batch."""
        return not self.total.has(Node)


def alpha_view(d: Decomposition) -> AlphaView:
    """The α of a decomposition, and what of its gradient −∇E_α does not have."""
    c = d.coefficients
    push = {view: revealed(a) for view, a in c.push.items()}
    both = d.objective.differentiated == "batch" and _mutual(d, push)
    share = Rational(1, 2) if both else S.One
    importance = {view: simplified(share * a) for view, a in push.items()}
    total = simplified(Add(*[_over_negatives(a) for a in importance.values()]))
    left = revealed(c.pull) - total
    proved = vanishes(left) is Verdict.PROVED
    return AlphaView(
        importance,
        total,
        any(sign_of(a) < 1 for a in importance.values()),
        both,
        S.Zero if proved else simplified(left),
        tuple(_left_out(d)),
    )


def _mutual(d: Decomposition, push: Mapping[View, Expr]) -> bool:
    """Negatives of the anchor's own view only, with a_ij = a_ji: then α_ij = α_ji = a_ij/2."""
    if set(push) != {d.objective.anchor}:
        return False
    a = push[d.objective.anchor]
    swapped = a.xreplace({ANCHOR: NEGATIVE, NEGATIVE: ANCHOR})
    return vanishes(a - swapped) is Verdict.PROVED


def _over_negatives(a: Expr) -> Expr:
    return sum_samples(lambda k: a.xreplace({NEGATIVE: k}), other_than=ANCHOR)


def _left_out(d: Decomposition) -> list[str]:
    c = d.coefficients
    parts = [f"the remainder ({x.summand})" if x.summand else "the remainder" for x in d.remainder]
    if c.diagonal != 0:
        parts.append("the diagonal part of the pull")
    if c.positives:
        parts.append("the pulls to further positives")
    if c.objective.embeddings == "raw" and c.radial != 0:
        parts.append("the radial part")
    return parts


def alpha_sections(d: Decomposition, typesetter: "Typesetter") -> "tuple[Section, ...]":
    """The section "Pairwise importance" of `derive show --alpha`."""
    from derive.printing.alpha import sections_of

    return sections_of(d, typesetter)


def alpha_data(d: Decomposition) -> dict[str, Any]:
    """The view for JSON: `importance` by view, `total`, `in_family`, `left_pull`, `left_out`."""
    from derive.printing.alpha import data_of

    return data_of(d)
