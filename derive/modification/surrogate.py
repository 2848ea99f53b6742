"""The trainable surrogate of the paradigm: Eq. 5 of Li et al. 2024, arXiv:2402.18281.

    L_i = sg(GD_i) Σ_{j≠i} sg(W_ij) ( ⟨h_i, n_j⟩ − sg(R_i) ⟨h_i, h'_i⟩ )

Its gradient by h_i is GD_i Σ_{j≠i} W_ij (n_j − R_i h'_i). Where a pull w_i is given instead
of a ratio, its term is −sg(w_i) ⟨h_i, h'_i⟩ outside the sum.
"""

from collections.abc import Callable, Mapping

from sympy import Add, Expr, S, Symbol

from derive.components import SCORE
from derive.modification.ingredients import Ingredients
from derive.nodes import (
    ANCHOR,
    FEATURE,
    NEGATIVE,
    Component,
    FeatureIndex,
    Inner,
    Node,
    SampleIndex,
    Stop,
    View,
    free_indices,
)
from derive.notation import define, score, sum_features, sum_samples

_DUMMY: Mapping[Expr, SampleIndex | FeatureIndex] = {
    ANCHOR: SampleIndex("_i"),
    NEGATIVE: SampleIndex("_j"),
    FEATURE: FeatureIndex("_a"),
}


def surrogate(ingredients: Ingredients, i: Expr, values: Mapping[Symbol, Expr]) -> Expr:
    """L_i; values: symbol of a hyper-parameter → what stands for it."""
    return _Writer(ingredients, values).term(i)


class _Writer:
    """Writes one surrogate; components become named intermediates."""

    def __init__(self, ingredients: Ingredients, values: Mapping[Symbol, Expr]):
        self.parts = ingredients
        self.place = ingredients.place
        self.values = dict(values)

    def term(self, i: Expr) -> Expr:
        pull = self._pull(i)
        if self.parts.positive.relative and self.parts.weight:
            pairs = self._over_negatives(i, lambda view, j: self._inner(view, i, j) - pull)
        else:
            pairs = self._over_negatives(i, lambda view, j: self._inner(view, i, j)) - pull
        return self._dissipation(i) * (pairs - self._further(i))

    def _over_negatives(self, i: Expr, body: Callable[[View, Expr], Expr]) -> Expr:
        """Σ over the views and over j ≠ i of sg(W_ij) body(view, j)."""

        def one(view: View) -> Expr:
            return sum_samples(lambda j: self._weight(view, i, j) * body(view, j), other_than=i)

        return Add(*map(one, self.parts.weight))

    def _pull(self, i: Expr) -> Expr:
        """What pulls h_i to h'_i: a scalar, and a diagonal matrix that weighs the features."""
        place, positive = self.place, self.parts.positive
        name = "R" if positive.relative else "w"
        scalar = self._stopped(name, positive.scalar, {ANCHOR: i})
        out = scalar * self._inner(place.positive, i, i)

        def feature(a: Expr) -> Expr:
            weight = self._stopped(name, positive.diagonal, {ANCHOR: i, FEATURE: a})
            return weight * Component(place.anchor, i, a) * Component(place.positive, i, a)

        return out if positive.diagonal == 0 else out + sum_features(feature)

    def _further(self, i: Expr) -> Expr:
        """What pulls h_i to further positives."""
        positive = self.parts.positive

        def one(view: View, pull: Expr) -> Expr:
            def term(j: Expr) -> Expr:
                at = {ANCHOR: i, NEGATIVE: j}
                return self._stopped("P", pull, at, view) * self._inner(view, i, j)

            return sum_samples(term, other_than=i)

        parts = Add(*[one(view, pull) for view, pull in positive.further.items()])
        if parts == 0 or not positive.relative:
            return parts
        return parts * self._over_negatives(i, lambda view, j: S.One)

    def _weight(self, view: View, i: Expr, j: Expr) -> Expr:
        several = view if len(self.parts.weight) > 1 else None
        name, hidden = ("w", True) if self.parts.hidden else ("W", False)
        at = {ANCHOR: i, NEGATIVE: j}
        return self._stopped(name, self.parts.weight[view], at, several, opaque=hidden)

    def _dissipation(self, i: Expr) -> Expr:
        gate, positive = self.parts.gate, self.parts.score
        if positive is not None:
            s = score(lambda k: positive.xreplace(self.values).xreplace({ANCHOR: k}))
            gate = gate.xreplace({SCORE: s(ANCHOR)})
        return self._stopped("GD", gate, {ANCHOR: i})

    def _stopped(
        self,
        name: str,
        e: Expr,
        at: Mapping[Expr, Expr],
        view: View | None = None,
        *,
        opaque: bool = False,
    ) -> Expr:
        """sg of a component by its name, at these indices; a constant as it is."""
        e = e.xreplace(self.values)
        if not e.has(Node):
            return e
        used = [k for k in at if k in free_indices(e)]
        body = e.xreplace({k: _DUMMY[k] for k in used})
        definition = define(name, body, *[_DUMMY[k] for k in used], view=view, opaque=opaque)
        return Stop(definition(*[at[k] for k in used]))

    def _inner(self, view: View, i: Expr, j: Expr) -> Expr:
        return Inner(self.place.anchor, i, view, j)
