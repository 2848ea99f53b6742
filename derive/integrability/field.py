"""The gradient as a field in the cosines: one entry a cosine, and its cross derivatives.

    entry of c_ij' (j ≠ i): a_ij'        of c_ii': −b_i        of c_ij: a_ij

with the pulls to further positives taken off the pushes. The radial part has no entry (on the
sphere it does nothing), nor has what weighs the features.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from sympy import Expr, S

from derive.calculus import Derivative, cosine_leaf
from derive.coefficients import Coefficients
from derive.errors import ObjectiveError
from derive.integrability.forms import apart, plain
from derive.nodes import (
    ANCHOR,
    NEGATIVE,
    Inner,
    SampleIndex,
    View,
)

# Of all different samples: the anchor, a negative, and two more.
SAMPLES = (ANCHOR, NEGATIVE, SampleIndex("k"), SampleIndex("l"))


@dataclass(frozen=True)
class Cosine:
    """⟨h_p, v_q⟩ of the anchor view's sample p and sample q of a view."""

    view: View
    p: SampleIndex
    q: SampleIndex

    def node(self, anchor: View) -> Inner:
        return Inner(anchor, self.p, self.view, self.q)


@dataclass(frozen=True)
class Pair:
    """Two cosines, written with the first of `SAMPLES`. one_anchor: both move with one h_p."""

    first: Cosine
    second: Cosine
    one_anchor: bool

    @property
    def samples(self) -> int:
        """How many different samples there are in it."""
        return len({x for c in (self.first, self.second) for x in (c.p, c.q)})


class Field:
    """The field of a gradient by h_i, for all anchors i.

    Raises `ObjectiveError` where its entries are no functions of cosines alone.
    """

    def __init__(self, coefficients: Coefficients):
        objective = coefficients.objective
        if objective.embeddings == "raw":
            raise ObjectiveError(
                "the embeddings are not normalised: their norms vary beside the cosines"
            )
        self.anchor, self.positive = objective.anchor, objective.positive
        self.push = {
            view: plain(coefficients.push.get(view, S.Zero) - coefficients.positives.get(view, 0))
            for view in (self.positive, self.anchor)
        }
        self.own = plain(-coefficients.pull)

    def entry(self, c: Cosine) -> Expr:
        """The entry of a cosine, in the field of the anchor c.p."""
        e = self.own if c.view == self.positive and c.p == c.q else self.push[c.view]
        return e.xreplace({ANCHOR: c.p, NEGATIVE: c.q})

    def cross(self, of: Cosine, by: Cosine) -> Expr:
        """∂(the entry of `of`)/∂(the cosine `by`), all the samples in them being different."""
        return self.derivative(self.entry(of), by)

    def derivative(self, e: Expr, by: Cosine) -> Expr:
        """∂e/∂(a cosine), every sample that is named being another one."""
        change = Derivative(cosine_leaf(self.anchor, by.p, by.view, by.q))(e)
        return apart(change) if change != 0 else S.Zero

    def is_one_way(self) -> Expr:
        """a_ij − a_ji of the anchor view: c_ij and c_ji are one cosine, and it has one entry."""
        same = self.push[self.anchor]
        return apart(same - same.xreplace({ANCHOR: NEGATIVE, NEGATIVE: ANCHOR}))

    def pairs(self) -> list[Pair]:
        """Every pair of cosines up to the names of the samples, the smallest first."""
        views = (self.positive, self.anchor)
        found: dict[frozenset[object], Pair] = {}
        for v, w in product(views, repeat=2):
            for p, q, r, s in _patterns():
                same = (v == self.anchor and p == q) or (w == self.anchor and r == s)
                if not same and self._name(v, p, q) != self._name(w, r, s):
                    pair = self._pair(Cosine(v, p, q), Cosine(w, r, s))
                    found.setdefault(self._pattern(pair), pair)
        return sorted(found.values(), key=lambda x: (not x.one_anchor, x.samples))

    def _name(self, view: View, p: SampleIndex, q: SampleIndex) -> tuple[object, ...]:
        names = tuple(sorted((p.name, q.name))) if view == self.anchor else (p.name, q.name)
        return (view.name, *names)

    def _pair(self, first: Cosine, second: Cosine) -> Pair:
        """Within the anchor view the cosine is written from the anchor that both share."""
        for a in self._writings(first):
            for b in self._writings(second):
                if a.p == b.p:
                    return Pair(a, b, one_anchor=True)
        return Pair(first, second, one_anchor=False)

    def _writings(self, c: Cosine) -> Iterator[Cosine]:
        yield c
        if c.view == self.anchor:
            yield Cosine(c.view, c.q, c.p)

    def _pattern(self, pair: Pair) -> frozenset[object]:
        """What the pair is whatever its samples are called, and in either order."""

        def renamed(first: Cosine, second: Cosine, names: Mapping[SampleIndex, int]) -> object:
            cosines = []
            for c in (first, second):
                at = (names[c.p], names[c.q])
                cosines.append((c.view.name, tuple(sorted(at)) if c.view == self.anchor else at))
            return frozenset(cosines)

        used = sorted({x for c in (pair.first, pair.second) for x in (c.p, c.q)}, key=str)
        names = (dict(zip(used, order, strict=True)) for order in _orders(len(used)))
        return frozenset(renamed(pair.first, pair.second, x) for x in names)


def _orders(n: int) -> Iterator[tuple[int, ...]]:
    return (x for x in product(range(n), repeat=n) if len(set(x)) == n)


def _patterns() -> Iterator[tuple[SampleIndex, ...]]:
    """Four places, each a sample that was named before or the next one."""
    for at in product(range(4), repeat=4):
        if all(n <= max(at[:place], default=-1) + 1 for place, n in enumerate(at)):
            yield tuple(SAMPLES[n] for n in at)
