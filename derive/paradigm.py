"""The canonical split of a gradient into gradient dissipation, weight and ratio.

    ∂L/∂h_i = GD_i Σ_{j≠i} W_ij (n_j − R_i h'_i)  +  ρ_i h_i  +  remainder

    V_ij = lim a_ij as the positive's score → −∞       GD_i = Σ_j a_ij / Σ_j V_ij
    W_ij = a_ij / GD_i                                  R_i  = b_i / Σ_j a_ij

One rule for every loss (the papers fix the gauge loss by loss). Where V is 0, infinite or has no
limit, GD = 1 and W = a, and the result says why. With negatives from two views, W is kept per
view and R is one over both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from sympy import Add, Expr, S

from derive.calculus import Watch
from derive.canonical import for_print
from derive.coefficients import Coefficients, Remainder, differentiate
from derive.errors import DecompositionError
from derive.identity import vanishes
from derive.limits import NoLimitError, limit_of_score
from derive.nodes import ANCHOR, NEGATIVE, Named, View
from derive.notation import sum_samples
from derive.objective import Objective, positive_scores
from derive.simplify import simplified
from derive.verdict import Verdict


@dataclass(frozen=True)
class Decomposition:
    """Gradient dissipation, weight and ratio of an objective, proved at construction.

    coefficients: the stored truth (a, b, ρ, remainder), already proved to be the gradient.
    ungated: view of the negatives → V_ij (empty where there is no such limit).
    dissipation: GD_i. weight: view of the negatives → W_ij. ratio: R_i, or None where Σ_j a_ij
    is 0. total_push: Σ_{j≠i} a_ij. no_gauge: why GD is 1 (empty: it was derived).

    Raises `DecompositionError` unless GD·W = a and R·Σ_j a_ij = b are proved.
    """

    coefficients: Coefficients
    ungated: Mapping[View, Expr]
    dissipation: Expr
    weight: Mapping[View, Expr]
    ratio: Expr | None
    total_push: Expr
    no_gauge: str

    def __post_init__(self) -> None:
        a, b = self.coefficients.push, self.coefficients.pull
        identities = [self.dissipation * self.weight[view] - a[view] for view in a]
        if self.ratio is not None:
            identities.append(self.ratio * _over_negatives(a) - b)
        if any(vanishes(revealed(x)) is not Verdict.PROVED for x in identities):
            raise DecompositionError(
                f"GD·W = a or R·Σa = b was not proved for {self.objective.name!r}. "
                "This is a fault of the derivation: please report it."
            )

    @property
    def objective(self) -> Objective:
        return self.coefficients.objective

    @property
    def remainder(self) -> tuple[Remainder, ...]:
        return self.coefficients.remainder

    @property
    def radial(self) -> Expr:
        return revealed(self.coefficients.radial)

    @cached_property
    def equality(self) -> str:
        """In which sense GD Σ W (n − R h') is the gradient: ambient, tangent or conditional.

        ambient: as vectors; tangent: up to a multiple of h_i; conditional: only where the
        remainder vanishes, or becomes radial.
        """
        if self.remainder or self.ratio is None:
            return "conditional"
        return "ambient" if self.coefficients.radial == 0 else "tangent"


def decompose(
    objective: Objective,
    settings: Mapping[str, object] | None = None,
    watch: Watch | None = None,
) -> Decomposition:
    """Derive an objective's gradient and split it; nothing but its formula is used."""
    return split(differentiate(objective, settings, watch))


def split(coefficients: Coefficients) -> Decomposition:
    """The canonical split of coefficients."""
    a, b = coefficients.push, coefficients.pull
    total = simplified(_over_negatives(a))
    ungated, reason = _ungated(coefficients)
    dissipation: Expr = S.One
    if ungated:
        dissipation = simplified(total / simplified(_over_negatives(ungated)))
        if dissipation == 1:
            reason = "the push does not depend on the positive's score"
    weight = {view: simplified(push / dissipation) for view, push in a.items()}
    ratio = simplified(b / total) if total != 0 else None
    return Decomposition(
        coefficients,
        {view: revealed(v) for view, v in ungated.items()},
        revealed(dissipation),
        {view: revealed(w) for view, w in weight.items()},
        None if ratio is None else revealed(ratio),
        revealed(total),
        reason,
    )


def _ungated(coefficients: Coefficients) -> tuple[dict[View, Expr], str]:
    """V_ij per view; or nothing, and why there is no dissipation in this sense."""
    scores = positive_scores(coefficients.formula)
    if not scores:
        return {}, "no score of the positive gates the push"
    score = scores.pop()(ANCHOR)
    try:
        ungated = {view: limit_of_score(a, score) for view, a in coefficients.push.items()}
    except NoLimitError as error:
        return {}, error.reason
    if vanishes(revealed(_over_negatives(ungated))) is Verdict.PROVED:
        return {}, "the ungated pushes sum to zero"
    return ungated, ""


def _over_negatives(push: Mapping[View, Expr]) -> Expr:
    """Σ over the views and over j ≠ i."""

    def at(a: Expr) -> Callable[[Expr], Expr]:
        return lambda k: a.xreplace({NEGATIVE: k})

    return Add(*[sum_samples(at(a), other_than=ANCHOR) for a in push.values()])


def revealed(e: Expr) -> Expr:
    """The expression with the positive's score written out."""
    scores = {x: x.value for x in e.atoms(Named) if x.definition.name == "s"}
    return for_print(e.xreplace(scores)) if scores else e
