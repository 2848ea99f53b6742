"""What an examination answers: yes with a scalar, no with a witness, or undecided."""

from dataclasses import dataclass
from typing import Literal

from sympy import Expr

from derive.integrability.field import Cosine
from derive.integrability.forms import apart
from derive.integrability.instance import Instance
from derive.nodes import Step, Top
from derive.simplify import simplified
from derive.verdict import Verdict

Name = Literal["batch", "anchor", "paradigm"]


@dataclass(frozen=True)
class Witness:
    """Why a field is no gradient: ∂(entry of `first`)/∂`second` ≠ ∂(entry of `second`)/∂`first`.

    first, second: two cosines; left, right: the two derivatives. With one_cosine, both are c_ij =
    c_ji, and the sides are its entries in the fields of the anchors i and j. instance: a batch.
    """

    first: Cosine
    second: Cosine
    left: Expr
    right: Expr
    instance: Instance
    one_cosine: bool = False

    @property
    def difference(self) -> Expr:
        return simplified(apart(self.left - self.right))


@dataclass(frozen=True)
class Reading:
    """The answer to one reading of the question.

    name: "batch" (every h_i moves by its own field at once), "anchor" (h_i alone, everything else
    is constant) or "paradigm" (as "batch", GD Σ W (n − R h') without the remainder).
    verdict: PROVED (it is the gradient of a scalar), REFUTED (by `witness`) or UNDECIDED.
    reason: why, in a clause. scalar: its derivatives were proved to be the field; None where there
    is one and no rule found it. summand: the Φ_i of a scalar Σ_i Φ_i. own: the scalar is the loss
    itself (or Σ_i L_i).
    """

    name: Name
    verdict: Verdict
    reason: str
    scalar: Expr | None = None
    summand: Expr | None = None
    own: bool = False
    witness: Witness | None = None

    @property
    def piecewise(self) -> bool:
        """Whether the scalar jumps where a gate opens or closes: it is one off the jumps."""
        return self.scalar is not None and bool(self.scalar.atoms(Step, Top))
