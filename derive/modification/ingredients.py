"""The components of a modified loss as expressions: the library's built, the base's as kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr

from derive.components import DISSIPATION, RATIO, SCORE, WEIGHT, Place
from derive.modification.kept import Kept, Positive
from derive.modification.plan import Plan
from derive.nodes import ANCHOR, NEGATIVE, Inner, Named, Node, View
from derive.simplify import size

_LONG = 34  # nodes of a base's weight beyond which results keep its name


@dataclass(frozen=True)
class Ingredients:
    """The components a surrogate is written with, at anchor i, negative j, feature a.

    gate: the dissipation, with SCORE for the positive's score; score: what that is (None: it
    gates nothing); hidden: the weight stays a name in results (a base's that is long, or that
    holds the positive: the gate alone is to be taken for the dissipation).
    """

    place: Place
    gate: Expr
    score: Expr | None
    weight: Mapping[View, Expr]
    positive: Positive
    hidden: bool

    @property
    def dissipation(self) -> Expr:
        return self.gate if self.score is None else self.gate.xreplace({SCORE: self.score})

    @property
    def stopped(self) -> str:
        """What is a stop-gradient, in words ("none")."""
        pull = "R_i" if self.positive.relative else "w_i"
        parts = {
            "GD_i": [self.dissipation],
            "W_ij": list(self.weight.values()),
            pull: list(self.positive.expressions),
        }
        names = [name for name, found in parts.items() if any(e.has(Node) for e in found)]
        listed = " and ".join([x for x in (", ".join(names[:-1]), *names[-1:]) if x])
        return f"{listed} (n_j as a negative is not stopped)" if names else "none"


def ingredients_of(plan: Plan) -> Ingredients:
    """The components of a plan as expressions of its hyper-parameters."""
    gate, score = _gate(plan)
    weight = _weight(plan)
    hidden = WEIGHT not in plan.components and _hides(plan.place, weight)
    return Ingredients(plan.place, gate, score, weight, _positive(plan), hidden)


def _gate(plan: Plan) -> tuple[Expr, Expr | None]:
    own, place = plan.components.get(DISSIPATION), plan.place
    if own is None:
        kept = _kept(plan)
        assert kept.dissipation is not None
        return kept.dissipation, kept.score
    values = plan.symbols(DISSIPATION)
    gate = own.build(ANCHOR, NEGATIVE, values, place, place.positive)
    return gate, own.score(ANCHOR, values, place)


def _weight(plan: Plan) -> Mapping[View, Expr]:
    own, place = plan.components.get(WEIGHT), plan.place
    if own is None:
        weight = _kept(plan).weight
        assert weight is not None
        return weight
    values = plan.symbols(WEIGHT)
    return {v: own.build(ANCHOR, NEGATIVE, values, place, v) for v in place.pools}


def _positive(plan: Plan) -> Positive:
    own, place = plan.components.get(RATIO), plan.place
    if own is None:
        positive = _kept(plan).positive
        assert positive is not None
        return positive
    values = plan.symbols(RATIO)
    return Positive(own.build(ANCHOR, NEGATIVE, values, place, place.positive), relative=True)


def _kept(plan: Plan) -> Kept:
    assert plan.kept is not None, "a part is kept, and there is no base to keep it of"
    return plan.kept


def _hides(place: Place, weight: Mapping[View, Expr]) -> bool:
    own = Inner(place.anchor, ANCHOR, place.positive, ANCHOR)
    return any(size(w) > _LONG or w.has(own) or w.atoms(Named) for w in weight.values())
