"""The gradient w.r.t. h_i as coefficients of the embeddings: the stored truth of a result.

    ∂L/∂h_i = Σ_v Σ_{j≠i} a^v_ij v_j − b_i h'_i − Σ_v Σ_{j≠i} b^v_ij v_j + ρ_i h_i + remainder

a: push on negative j, per view v of the negatives; b_i: pull to the positive h'_i, a scalar and,
where features are weighed one by one, a diagonal matrix; b^v_ij: pull to further positives, the
other samples with the anchor's label; ρ: radial part, which l2-normalisation's backward removes;
remainder: what is no multiple of one embedding, by the summand of the objective it comes from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import Add, Expr, S

from derive.calculus import Derivative, Watch, embedding_leaf
from derive.canonical import for_print
from derive.errors import DecompositionError
from derive.identity import vanishes
from derive.nodes import (
    ANCHOR,
    FEATURE,
    NEGATIVE,
    Component,
    Match,
    Mismatch,
    View,
)
from derive.notation import sum_samples
from derive.objective import Objective, definitions_in
from derive.reading import Parts, Remainder
from derive.simplify import simplified
from derive.verdict import Verdict

__all__ = ["Coefficients", "Remainder", "differentiate"]


@dataclass(frozen=True)
class Coefficients:
    """Proved at construction: the parts add up to the gradient, for symbolic N and D.

    objective, formula; gradient: component a of ∂L/∂h_i as differentiated; push: view of the
    negatives → a_ij; pull: b_i; radial: ρ_i; remainder; settings; diagonal: entry a of the
    diagonal matrix that adds to b_i; positives: view → b^v_ij, j ≠ i with the label of i. Raises
    `DecompositionError` if the parts are not proved to add up.
    """

    objective: Objective
    formula: Expr
    gradient: Expr
    push: Mapping[View, Expr]
    pull: Expr
    radial: Expr
    remainder: tuple[Remainder, ...]
    settings: Mapping[str, object] = field(default_factory=dict)
    diagonal: Expr = S.Zero
    positives: Mapping[View, Expr] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if vanishes(self.gradient - self.assembled()) is not Verdict.PROVED:
            raise DecompositionError(
                f"the parts of {self.objective.name!r} were not proved to add up to its gradient. "
                "This is a fault of the derivation (or a node it does not know): please report it."
            )

    def assembled(self) -> Expr:
        """Component a of the sum of the parts."""
        own = Component(self.objective.positive, ANCHOR, FEATURE)
        return Add(
            *[over_others(view, a) for view, a in self.push.items()],
            -(self.pull + self.diagonal) * own,
            *[-over_others(view, b) for view, b in self.positives.items()],
            self.radial * Component(self.objective.anchor, ANCHOR, FEATURE),
            *[part.component for part in self.remainder],
        )


def over_others(view: View, weight: Expr) -> Expr:
    """Component a of Σ_{j≠i} weight_ij v_j."""
    return sum_samples(
        lambda k: weight.xreplace({NEGATIVE: k}) * Component(view, k, FEATURE), other_than=ANCHOR
    )


def differentiate(
    objective: Objective,
    settings: Mapping[str, object] | None = None,
    watch: Watch | None = None,
) -> Coefficients:
    """The coefficients of an objective, derived from its formula alone."""
    settings = dict(settings or {})
    derivative = Derivative(embedding_leaf(objective.anchor, ANCHOR, FEATURE), watch)
    parts = Parts((ANCHOR,), NEGATIVE, objective.positive)
    gradients = []
    summands = objective.summands(settings)
    for name, term in summands.items():
        gradient = derivative(term)
        gradients.append(gradient)
        parts.read(name, for_print(gradient), definitions_in(term))
    push, positives = _by_label(parts.others)
    return Coefficients(
        objective,
        Add(*summands.values()),
        Add(*gradients),
        push,
        simplified(-Add(*parts.own.get((objective.positive, ANCHOR), []))),
        simplified(Add(*parts.own.get((objective.anchor, ANCHOR), []))),
        tuple(part for part in parts.remainder if part.component != 0),
        settings,
        -Add(*parts.diagonal),
        positives,
    )


def _by_label(
    others: Mapping[View, list[Expr]],
) -> tuple[dict[View, Expr], dict[View, Expr]]:
    """Pushes on negatives, and pulls to further positives: samples with the anchor's label."""
    match, mismatch = Match(ANCHOR, NEGATIVE), Mismatch(ANCHOR, NEGATIVE)
    push, positives = {}, {}
    for view, parts in others.items():
        a = simplified(Add(*parts))
        if a.has(match, mismatch):
            alike = simplified(-a.xreplace({match: S.One, mismatch: S.Zero}))
            positives[view] = simplified(match * alike)
            a = simplified(mismatch * simplified(a.xreplace({match: S.Zero, mismatch: S.One})))
        push[view] = a
    return {v: a for v, a in push.items() if a != 0}, {v: b for v, b in positives.items() if b != 0}
