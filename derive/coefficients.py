"""The gradient w.r.t. h_i as coefficients of the embeddings: the stored truth of a result.

    ∂L/∂h_i = Σ_v Σ_{j≠i} a^v_ij v_j  −  b_i h'_i  +  ρ_i h_i  +  remainder

a: push on negative j, per view v of the negatives; b: pull to the positive; ρ: radial part, which
l2-normalisation's backward removes; remainder: what is no multiple of one embedding (terms that
weigh the features), by the summand of the objective it comes from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import Add, Expr, Mul, S

from derive.calculus import Derivative, Watch, embedding_leaf
from derive.canonical import for_print
from derive.errors import DecompositionError
from derive.identity import vanishes
from derive.indices import fresh
from derive.nodes import (
    ANCHOR,
    FEATURE,
    H_PRIME,
    NEGATIVE,
    Component,
    Definition,
    Delta,
    Distinct,
    H,
    IndexSum,
    N,
    SampleIndex,
    View,
    free_indices,
)
from derive.notation import sum_samples
from derive.objective import Objective, definitions_in
from derive.simplify import simplified
from derive.verdict import Verdict


@dataclass(frozen=True)
class Remainder:
    """A part of the gradient that no multiple of an embedding expresses.

    summand: the summand of the objective it comes from; component: its feature a, for anchor i.
    """

    summand: str
    component: Expr


@dataclass(frozen=True)
class Coefficients:
    """Proved at construction: the parts add up to the gradient, for symbolic N and D.

    objective, formula; gradient: component a of ∂L/∂h_i as differentiated; push: view of the
    negatives → a_ij; pull: b_i; radial: ρ_i; remainder. Raises `DecompositionError` otherwise.
    """

    objective: Objective
    formula: Expr
    gradient: Expr
    push: Mapping[View, Expr]
    pull: Expr
    radial: Expr
    remainder: tuple[Remainder, ...]
    settings: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if vanishes(self.gradient - self.assembled()) is not Verdict.PROVED:
            raise DecompositionError(
                f"the parts of {self.objective.name!r} were not proved to add up to its gradient. "
                "This is a fault of the derivation (or a node it does not know): please report it."
            )

    def assembled(self) -> Expr:
        """Component a of the sum of the parts."""
        pushes = [_pushed(view, a) for view, a in self.push.items()]
        return Add(
            *pushes,
            -self.pull * Component(H_PRIME, ANCHOR, FEATURE),
            self.radial * Component(H, ANCHOR, FEATURE),
            *[part.component for part in self.remainder],
        )


def _pushed(view: View, push: Expr) -> Expr:
    """Component a of Σ_{j≠i} push_ij v_j."""
    return sum_samples(
        lambda k: push.xreplace({NEGATIVE: k}) * Component(view, k, FEATURE), other_than=ANCHOR
    )


def differentiate(
    objective: Objective,
    settings: Mapping[str, object] | None = None,
    watch: Watch | None = None,
) -> Coefficients:
    """The coefficients of an objective, derived from its formula alone."""
    settings = dict(settings or {})
    derivative = Derivative(embedding_leaf(H, ANCHOR, FEATURE), watch)
    parts = _Parts()
    gradients = []
    summands = objective.summands(settings)
    for name, term in summands.items():
        gradient = derivative(term)
        gradients.append(gradient)
        parts.read(name, for_print(gradient), definitions_in(term))
    formula = Add(*summands.values())
    return parts.coefficients(objective, formula, Add(*gradients), settings)


class _Parts:
    """Collects the parts of a gradient in print form, summand by summand."""

    def __init__(self) -> None:
        self.push: dict[View, list[Expr]] = {}
        self.own: dict[View, list[Expr]] = {}
        self.remainder: list[Remainder] = []

    def read(self, summand: str, gradient: Expr, definitions: set[Definition]) -> None:
        rest = []
        for term in Add.make_args(gradient):
            if not self._read_term(term):
                rest.append(term)
        if rest:
            component = _folded(simplified(Add(*rest)), definitions)
            self.remainder.append(Remainder(summand, component))

    def _read_term(self, term: Expr) -> bool:
        """One term, linear in one component that carries the free feature index, or no."""
        factors = Mul.make_args(term)
        holders = [x for x in factors if FEATURE in free_indices(x)]
        if len(holders) != 1:
            return False
        coefficient = Mul(*[x for x in factors if x is not holders[0]])
        body, bound = _peeled(holders[0])
        inside = [x for x in Mul.make_args(body) if FEATURE in free_indices(x)]
        if len(inside) != 1 or not isinstance(inside[0], Component):
            return False
        view, index, _ = inside[0].args
        weight = coefficient * Mul(*[x for x in Mul.make_args(body) if x is not inside[0]])
        for k in bound:
            if k != index:
                weight = IndexSum(weight, k)
        self._add(view, index, weight, index in bound)
        return True

    def _add(self, view: View, index: Expr, weight: Expr, summed: bool) -> None:
        """Σ_k weight(k) v_k (summed) or weight·v_index; a centred view is less its mean."""
        base = view.base
        if summed:
            weight = weight.xreplace({index: NEGATIVE})
        if view.role == "centred":
            total = IndexSum(weight.xreplace({NEGATIVE: (k := SampleIndex("_k"))}), k)
            mean = for_print(total if summed else weight) / N
            self._spread(base, -mean)
        if summed:
            self._spread(base, weight)
        elif index == ANCHOR:
            self.own.setdefault(base, []).append(weight)
        else:
            self.push.setdefault(base, []).append(weight * Delta(NEGATIVE, index))

    def _spread(self, view: View, weight: Expr) -> None:
        """weight(j) on every sample: a push on j ≠ i and a part of the own coefficient."""
        if weight == 0:
            return
        push = _other_than_anchor(weight)
        self.push.setdefault(view, []).append(push)
        self.own.setdefault(view, []).append(weight.xreplace({NEGATIVE: ANCHOR}))

    def coefficients(
        self, objective: Objective, formula: Expr, gradient: Expr, settings: Mapping[str, object]
    ) -> Coefficients:
        push = {view: simplified(Add(*parts)) for view, parts in self.push.items()}
        return Coefficients(
            objective,
            formula,
            gradient,
            {view: a for view, a in push.items() if a != 0},
            simplified(-Add(*self.own.get(H_PRIME, []))),
            simplified(Add(*self.own.get(H, []))),
            tuple(part for part in self.remainder if part.component != 0),
            settings,
        )


def _other_than_anchor(e: Expr) -> Expr:
    """What e is for j ≠ i."""
    guards = {Distinct(ANCHOR, NEGATIVE): S.One, Delta(ANCHOR, NEGATIVE): S.Zero}
    return for_print(e).xreplace(guards)


def _peeled(e: Expr) -> tuple[Expr, list[SampleIndex]]:
    """The body under nested sums, and their indices, renamed: a factor outside may bind the
    same names."""
    bound = []
    while isinstance(e, IndexSum):
        body, k = e.args
        bound.append(fresh(type(k)))
        e = body.xreplace({k: bound[-1]})
    return e, bound


def _folded(e: Expr, definitions: set[Definition]) -> Expr:
    """Definitions at the free feature, C_aa for its expansion: for reading."""
    for definition in sorted((d for d in definitions if not d.opaque), key=str):
        at = definition(*[FEATURE] * len(definition.dummies))
        scale, atom = _scaled_sum(for_print(at.value))
        if atom is not None:
            e = e.xreplace({atom: at / scale})
    return e


def _scaled_sum(e: Expr) -> tuple[Expr, Expr | None]:
    sums = [x for x in Mul.make_args(e) if isinstance(x, IndexSum)]
    if len(sums) != 1:
        return S.One, None
    return Mul(*[x for x in Mul.make_args(e) if x is not sums[0]]), sums[0]
