"""Where a component is evaluated: the views of the anchor, of its positive and of its negatives."""

from collections.abc import Callable
from dataclasses import dataclass

from sympy import Add, Expr, Integer, sqrt

from derive.nodes import Hinge, Inner, Step, View
from derive.notation import hardest, hardest_index, sum_samples


@dataclass(frozen=True)
class Place:
    """anchor, positive: the views of h_i and h'_i; pools: those of the negatives n_j (none, one
    or both). Raw embeddings enter by the cosines of their directions."""

    anchor: View
    positive: View
    pools: tuple[View, ...]

    def similarity(self, view: View, i: Expr, j: Expr) -> Expr:
        """⟨h_i, v_j⟩, the cosine."""
        inner = Inner(self.anchor, i, view, j)
        if self.anchor.unit and view.unit:
            return inner
        norms = Inner(self.anchor, i, self.anchor, i), Inner(view, j, view, j)
        return inner / (sqrt(norms[0]) * sqrt(norms[1]))

    def positive_cosine(self, i: Expr) -> Expr:
        """c_ii'."""
        return self.similarity(self.positive, i, i)

    def viewed(self, view: View, word: str) -> View:
        """The view that weighs the negatives of `view`: their own, or h'_j (word "cross")."""
        return view if word == "own" else self.positive

    def candidates(self, word: str) -> tuple[View, ...]:
        """The views whose similarities are summed up: the pools, or the other view alone."""
        return self.pools if word == "own" and self.pools else (self.positive,)

    def total(self, word: str, i: Expr, body: Callable[[Expr], Expr]) -> Expr:
        """Σ over the candidates and over k ≠ i of body(similarity of i and k)."""
        return Add(*[self._row(v, i, body) for v in self.candidates(word)])

    def everything(self, word: str, body: Callable[[Expr], Expr]) -> Expr:
        """The same over all anchors too: Σ_{k≠l}."""

        def over_anchors(view: View) -> Expr:
            return sum_samples(lambda k: self._row(view, k, body))

        return Add(*map(over_anchors, self.candidates(word)))

    def _row(self, view: View, i: Expr, body: Callable[[Expr], Expr]) -> Expr:
        return sum_samples(lambda k: body(self.similarity(view, i, k)), other_than=i)

    def hardest(self, word: str, i: Expr) -> Expr:
        """The largest similarity among the candidates, k ≠ i."""
        first, *others = [self._hardest(view, i) for view in self.candidates(word)]
        for other in others:
            first = other + Hinge(first - other)  # max(x, y) = y + max(0, x − y)
        return first

    def _hardest(self, view: View, i: Expr) -> Expr:
        return hardest(lambda k: self.similarity(view, i, k), i)

    def hardest_of(self, view: View, i: Expr) -> tuple[Expr, Expr]:
        """The index of the hardest negative of that view, and 1 where no other view has a harder
        one (a tie goes to the first view)."""
        index = hardest_index(lambda k: self.similarity(view, i, k), i)
        own, wins = self._hardest(view, i), Integer(1)
        at = self.pools.index(view)
        for earlier in self.pools[:at]:
            wins *= Step(own - self._hardest(earlier, i))
        for later in self.pools[at + 1 :]:
            wins *= 1 - Step(self._hardest(later, i) - own)
        return index, wins
