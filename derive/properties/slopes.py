"""The signs of a loss's derivatives by the cosines it is a function of."""

from dataclasses import dataclass

from sympy import Expr

from derive.nodes import ANCHOR, NEGATIVE, Component, Inner, SampleIndex, View
from derive.properties.inequality import positive_below_an_angle
from derive.properties.masks import ANY, NONNEGATIVE, NONPOSITIVE, ZERO, within
from derive.properties.subject import Subject

_OTHER = SampleIndex("p")


@dataclass(frozen=True)
class Slopes:
    """The signs of ∂L by c_ii', c_ij', c_ij and c_i'j'."""

    positive: int
    cross: int
    same: int
    same_prime: int

    @property
    def known(self) -> bool:
        negatives = (self.cross, self.same, self.same_prime)
        return within(self.positive, NONPOSITIVE) and all(within(x, NONNEGATIVE) for x in negatives)

    def turns(self, s: Subject) -> bool:
        """Whether L falls with c_ii' near 1 and rises below, so that it is least at an end."""
        negatives = (self.cross, self.same, self.same_prime)
        slope = s.direction(s.positive).slope(s.formula) if self.positive == ANY else None
        return (
            slope is not None
            and all(within(x, NONNEGATIVE) for x in negatives)
            and positive_below_an_angle(-slope, s)
        )

    @property
    def pull_only(self) -> bool:
        return self.cross == self.same == self.same_prime == ZERO


def slopes_of(s: Subject) -> Slopes | None:
    """None where L is no function of the cosines, or of others than those of its row."""
    if not s.unit or s.formula.has(Component) or _has_role(s.formula):
        return None
    h, h_prime = s.objective.anchor, s.objective.positive
    if s.anchored and any(
        s.direction(x).composed(s.formula) != ZERO for x in _elsewhere(h, h_prime)
    ):
        return None
    pairs = ((h, h_prime), (h, h), (h_prime, h_prime))
    negatives = [s.direction(Inner(v, ANCHOR, w, NEGATIVE))(s.formula) for v, w in pairs]
    return Slopes(s.direction(s.positive)(s.formula), *negatives)


def _has_role(e: Expr) -> bool:
    return any(v.role != "plain" for v in e.atoms(View))


def _elsewhere(h: View, h_prime: View) -> tuple[Inner, ...]:
    """Cosines that are not of row i."""
    return (
        Inner(h, NEGATIVE, h_prime, ANCHOR),
        Inner(h, NEGATIVE, h_prime, NEGATIVE),
        Inner(h, NEGATIVE, h_prime, _OTHER),
        Inner(h, NEGATIVE, h, _OTHER),
        Inner(h_prime, NEGATIVE, h_prime, _OTHER),
        Inner(h_prime, ANCHOR, h_prime, NEGATIVE),
    )
