"""The gradient with respect to any embedding of the loss: h_i, h'_i, a negative, or the raw x_i.

`derive.coefficients` has that by h_i in the paradigm's parts; here it is a linear combination of
embeddings, one coefficient each, for an embedding of choice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, get_args

from sympy import Add, Expr, S

from derive.calculus import Derivative, embedding_leaf
from derive.canonical import for_print
from derive.errors import DecompositionError, ObjectiveError, UnknownNameError
from derive.identity import vanishes
from derive.nodes import (
    ANCHOR,
    FEATURE,
    NEGATIVE,
    Component,
    Delta,
    Distinct,
    SampleIndex,
    View,
)
from derive.notation import sum_samples
from derive.objective import Objective, definitions_in
from derive.paradigm import revealed
from derive.presentable import Presentable
from derive.reading import Parts, Remainder
from derive.simplify import simplified
from derive.sources import find
from derive.verdict import Verdict

if TYPE_CHECKING:
    from derive.printing.sections import Section

Wrt = Literal["anchor", "positive", "negative", "raw"]
_OTHER = SampleIndex("k")


@dataclass(frozen=True)
class Term:
    """coefficient · v_index; summed: Σ over every sample `index` other than those named."""

    view: View
    index: SampleIndex
    coefficient: Expr
    summed: bool


@dataclass(frozen=True)
class Gradient(Presentable):
    """∂L/∂v_index = Σ terms + remainder, proved at construction.

    wrt: as asked; view, index: the embedding it is by (of "raw": h_i, whose norm ‖x_i‖ and
    projection I − h_i h_iᵀ stand before the terms); derivative: component a as the rules gave it;
    fixed: the samples that are named, all different. Raises `DecompositionError` if the terms are
    not proved to add up to the derivative.
    """

    objective: Objective
    settings: Mapping[str, object]
    wrt: Wrt
    view: View
    index: SampleIndex
    fixed: tuple[SampleIndex, ...]
    derivative: Expr
    terms: tuple[Term, ...]
    remainder: tuple[Remainder, ...]

    def __post_init__(self) -> None:
        difference = apart(for_print(self.derivative - self.assembled()), self.fixed)
        if vanishes(difference) is not Verdict.PROVED:
            raise DecompositionError(
                f"the terms of the gradient of {self.objective.name!r} by {self.view}_{self.index} "
                "were not proved to add up to it. This is a fault of the derivation: please report."
            )

    def assembled(self) -> Expr:
        """Component a of the sum of the terms."""
        parts = [part.component for part in self.remainder]
        return Add(*parts, *[self._vector(term) for term in self.terms])

    def _vector(self, term: Term) -> Expr:
        if not term.summed:
            return term.coefficient * Component(term.view, term.index, FEATURE)

        def summand(k: Expr) -> Expr:
            guards = [Distinct(k, m) for m in self.fixed]
            weight = term.coefficient.xreplace({term.index: k})
            product = weight * Component(term.view, k, FEATURE)
            for guard in guards:
                product *= guard
            return product

        return sum_samples(summand)

    def sections(self) -> "tuple[Section, ...]":
        from derive.printing.gradient import gradient_sections

        return gradient_sections(self)

    def data(self) -> dict[str, Any]:
        from derive.printing.gradient import gradient_data

        return gradient_data(self)


def gradient(loss: str | Objective, wrt: Wrt = "anchor", **settings: object) -> Gradient:
    """The gradient of L_i (or of the batch scalar) by one embedding, as a linear combination.

    loss: a name of the catalogue (or anything `derive.sources.find` takes) or an `Objective`;
    wrt: "anchor" h_i, "positive" h'_i, "negative" n_j with j ≠ i (h'_j, or h_j for a loss whose
    negatives are of the anchors' view alone), "raw" the embedding x_i of h_i = x_i/‖x_i‖.
    settings: hyper-parameters to fix. Raises `UnknownNameError`, `HyperparameterError`, and
    `ObjectiveError` for "raw" of a loss of raw embeddings and "negative" of one without any.

    >>> [term.coefficient for term in gradient("simple", "negative").terms]
    [lam]
    """
    objective = find(loss) if isinstance(loss, str) else loss
    if wrt not in get_args(Wrt):
        raise UnknownNameError("embedding", wrt, get_args(Wrt))
    view, index = _embedding(objective, wrt)
    batch = objective.differentiated == "batch"
    fixed = (index,) if batch or index == ANCHOR else (index, ANCHOR)
    return _by_embedding(objective, settings, wrt, view, fixed)


def _embedding(objective: Objective, wrt: str) -> tuple[View, SampleIndex]:
    """The view and the sample that are meant."""
    if wrt == "raw" and objective.embeddings == "raw":
        raise ObjectiveError(
            f"{objective.name} takes raw embeddings as they are: its gradient by them is that of "
            "--wrt anchor."
        )
    if wrt == "negative":
        if not objective.pools:
            raise ObjectiveError(f"{objective.name} has no negatives. Choose --wrt anchor.")
        return objective.pools[0], NEGATIVE
    return (objective.positive if wrt == "positive" else objective.anchor), ANCHOR


def _by_embedding(
    objective: Objective,
    settings: Mapping[str, object],
    wrt: Wrt,
    view: View,
    fixed: tuple[SampleIndex, ...],
) -> Gradient:
    rule = Derivative(embedding_leaf(view, fixed[0], FEATURE))
    parts, derivatives = Parts(fixed, _OTHER), []
    for name, term in objective.summands(settings).items():
        derivatives.append(rule(term))
        parts.read(name, apart(for_print(derivatives[-1]), fixed), definitions_in(term))
    terms = [
        Term(v, k, revealed(simplified(Add(*weights))), False)
        for (v, k), weights in parts.own.items()
    ]
    terms += [
        Term(v, _OTHER, revealed(simplified(Add(*weights))), True)
        for v, weights in parts.others.items()
    ]
    remainder = tuple(x for x in parts.remainder if x.component != 0)
    kept = tuple(x for x in terms if x.coefficient != 0)
    derivative = Add(*derivatives)
    return Gradient(objective, settings, wrt, view, fixed[0], fixed, derivative, kept, remainder)


def apart(e: Expr, fixed: tuple[SampleIndex, ...]) -> Expr:
    """What e is where the named samples differ from each other."""
    guards: dict[Expr, Expr] = {}
    for k, m in combinations(fixed, 2):
        guards |= {Distinct(k, m): S.One, Delta(k, m): S.Zero}
    return e.xreplace(guards) if guards else e
