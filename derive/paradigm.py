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
from itertools import product

from sympy import Add, Expr, Mul, S

from derive.calculus import Watch
from derive.canonical import for_print
from derive.coefficients import Coefficients, Remainder, differentiate
from derive.errors import DecompositionError
from derive.identity import MOST_GATES, vanishes
from derive.limits import NoLimitError, limit_of_score
from derive.nodes import (
    ANCHOR,
    H_PRIME,
    NEGATIVE,
    Delta,
    Distinct,
    H,
    IndexSum,
    Inner,
    Named,
    Step,
    View,
)
from derive.notation import sum_samples
from derive.objective import Objective, positive_scores
from derive.simplify import simplified, size
from derive.verdict import Verdict

_ACTIVE = "some negative is active (Σ_j a_ij is not 0)"


@dataclass(frozen=True)
class Decomposition:
    """Gradient dissipation, weight and ratio of an objective, proved at construction.

    coefficients: the stored truth (a, b, ρ, remainder), already proved to be the gradient.
    ungated: view of the negatives → V_ij (empty where there is no such limit).
    dissipation: GD_i. weight: view of the negatives → W_ij. ratio: R_i, or None where Σ_j a_ij
    is 0. total_push: Σ_{j≠i} a_ij. no_gauge: why GD is 1 (empty: it was derived).
    ratio_condition: where R_i exists (empty: everywhere that it can be evaluated).

    Raises `DecompositionError` unless GD·W = a and R·Σ_j a_ij = b are proved.
    """

    coefficients: Coefficients
    ungated: Mapping[View, Expr]
    dissipation: Expr
    weight: Mapping[View, Expr]
    ratio: Expr | None
    total_push: Expr
    no_gauge: str
    ratio_condition: str = ""

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


def decompose(
    objective: Objective,
    settings: Mapping[str, object] | None = None,
    watch: Watch | None = None,
) -> Decomposition:
    """Derive an objective's gradient and split it; nothing but its formula is used."""
    return split(differentiate(objective, settings, watch))


def split(coefficients: Coefficients) -> Decomposition:
    """The canonical split of coefficients."""
    b, a = coefficients.pull, exposed(coefficients)
    total = simplified(_over_negatives(a))
    ungated, reason = _ungated(coefficients, a)
    dissipation: Expr = S.One
    if ungated:
        dissipation = simplified(total / simplified(_over_negatives(ungated)))
        if dissipation == 1:
            reason = "the push does not depend on the positive's score"
    weight = {view: simplified(push / dissipation) for view, push in a.items()}
    ratio = _ratio(b, total)
    active = "" if ratio is None or not _gated_alone(total, b) else _ACTIVE
    return Decomposition(
        coefficients,
        {view: revealed(v) for view, v in ungated.items()},
        revealed(dissipation),
        {view: revealed(w) for view, w in weight.items()},
        None if ratio is None else revealed(ratio),
        revealed(total),
        reason,
        active,
    )


def _ratio(pull: Expr, total: Expr) -> Expr | None:
    """R_i = b_i / Σ_j a_ij; None where the pushes sum to zero."""
    if total == 0:
        return None
    ratio = simplified(pull / total)
    if size(ratio) > 1 and vanishes(revealed(pull - total)) is Verdict.PROVED:
        return S.One
    return ratio


def _gated_alone(total: Expr, pull: Expr) -> bool:
    """Whether gates can close the whole push and leave the pull (too many to try: perhaps)."""
    gates = sorted(total.atoms(Step, Delta), key=str)
    if len(gates) > MOST_GATES:
        return True
    for values in product((S.Zero, S.One), repeat=len(gates)):
        closed = dict(zip(gates, values, strict=True))
        if vanishes(total.xreplace(closed)) is Verdict.PROVED and (
            vanishes(pull.xreplace(closed)) is not Verdict.PROVED
        ):
            return True
    return False


def exposed(coefficients: Coefficients) -> Mapping[View, Expr]:
    """The pushes with the positive taken out of sums over all samples, and its score by name:
    Σ_k f(k) = Σ_{k≠i} f(k) + f(i), so that the limit sees it."""
    scores = positive_scores(coefficients.formula)
    if not scores:
        return coefficients.push
    score = scores.pop()(ANCHOR)
    names = {score.value: score} if isinstance(score.value, Inner) else {}
    return {
        view: simplified(_split_off(push, score).xreplace(names))
        for view, push in coefficients.push.items()
    }


def _split_off(e: Expr, score: Named) -> Expr:
    parts = {}
    for x in e.atoms(IndexSum):
        body, k = x.args
        own = for_print(body.xreplace({k: ANCHOR}))
        guarded = any(isinstance(f, Distinct) and k in f.args for f in Mul.make_args(body))
        if not guarded and own.has(score, score.value):
            parts[x] = IndexSum(body * Distinct(k, ANCHOR), k) + own
    return for_print(e.xreplace(parts)) if parts else e


def _ungated(coefficients: Coefficients, push: Mapping[View, Expr]) -> tuple[dict[View, Expr], str]:
    """V_ij per view; or nothing, and why there is no dissipation in this sense."""
    scores = positive_scores(coefficients.formula)
    if not push:
        return {}, "there are no negatives"
    if not scores:
        return {}, "no score of the positive gates the push"
    score = scores.pop()(ANCHOR)
    try:
        ungated = {view: limit_of_score(a, score) for view, a in push.items()}
    except NoLimitError as error:
        return {}, error.reason
    if any(v.has(Inner(H, ANCHOR, H_PRIME, ANCHOR)) for v in ungated.values()):
        return {}, "the push depends on the positive outside its score"
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
    scores = {x: x.value for x in e.atoms(Named) if x.definition.score}
    return for_print(e.xreplace(scores)) if scores else e
