"""How an expression moves with one similarity: the signs of its derivative, gates included.

Two ways. By composition: sums, products of known signs and monotone functions of what moves one
way, where a gate 1[x > 0] moves as x does. And where that leaves it open, by the sign of the
derivative as one expression. Sums are taken apart into their terms at i and j and the others.
"""

from collections.abc import Callable

from sympy import Add, Expr, Mul, S, expand

from derive.calculus import Derivative
from derive.canonical import for_print
from derive.errors import ObjectiveError
from derive.nodes import Component, Delta, HardestIndex, Hinge, Inner, Step, Top, View
from derive.properties.direction_rules import moves
from derive.properties.forms import terms_when_expanded
from derive.properties.masks import ANY, product, total
from derive.properties.signs import Signs
from derive.properties.similarities import touches
from derive.properties.splitting import APART, without_stops, written_out
from derive.simplify import simplified, size

_TERMS = 12  # of a product written out as a sum
_LONGEST = 250  # nodes of what is differentiated for its sign
_LARGEST = 600  # and of its derivative


class Direction:
    """The signs of ∂e/∂t. similarity: t, the inner product of two views at i or j."""

    def __init__(self, similarity: Inner, signs: Signs):
        self.similarity = similarity
        self.signs = signs
        self._slopes: dict[Expr, Expr | None] = {}

    def __call__(self, e: Expr) -> int:
        """PLUS: strictly increasing; PLUS | ZERO: non-decreasing; ZERO: does not depend on t."""
        found = self.composed(e)
        if found != ANY or self._elsewhere(e):
            return found
        terms = Add.make_args(expand(e)) if terms_when_expanded(e) <= _TERMS else (e,)
        found = total(self._by_slope(written_out(x)) for x in terms)
        return self._by_slope(written_out(e)) if found == ANY and len(terms) > 1 else found

    def _by_slope(self, e: Expr) -> int:
        slope = self.slope(e)
        return self._by_factors(e) if slope is None else self.signs.of_fraction(slope)

    def why_open(self, e: Expr) -> str:
        """Why neither way gives the direction of e."""
        c = "the similarity it is asked by"
        if self._elsewhere(e):
            return f"it depends on {c} through features or means as well"
        e = written_out(e)
        picks = e.atoms(Step, Top, HardestIndex)
        if any(touches(x, self.similarity) for x in picks):
            return f"its gates and picks move with {c}, and composition leaves the direction open"
        return "its derivative is too long to read a sign from"

    def _by_factors(self, e: Expr) -> int:
        """Gates by composition, the other factors of a product by their derivative."""
        gates = [x for x in Mul.make_args(e) if x.has(Step, Hinge, Top, HardestIndex)]
        rest = Mul(*[x for x in Mul.make_args(e) if x not in gates])
        slope = self.slope(rest) if gates and rest.has(Inner) else None
        if slope is None:
            return ANY
        gate = Mul(*gates)
        of_gate = product((self.composed(gate), self.signs(rest, 2)))
        of_rest = product((self.signs.of_fraction(slope), self.signs(gate, 2)))
        return total((of_gate, of_rest))

    def composed(self, e: Expr) -> int:
        """By the rules of this module alone."""
        return ANY if self._elsewhere(e) else moves(e.xreplace(APART), self)

    def _elsewhere(self, e: Expr) -> bool:
        """Whether e depends on t in another guise: features, or the same view less its mean."""
        own = {x.flowing for x in self.similarity.args[::2]}
        names = {x.name for x in own}
        guises = {x.flowing for x in e.atoms(View) if x.name in names}
        return e.has(Component) or any(x.role != y.role for x in guises for y in own)

    def slope(self, e: Expr) -> Expr | None:
        """∂e/∂t as one expression, of an e without names.

        None where a gate or a pick of e moves with t, which a derivative does not see, or where
        it is too long to read a sign from.
        """
        if e not in self._slopes:
            self._slopes[e] = self._derived(without_stops(e))
        return self._slopes[e]

    def _derived(self, e: Expr) -> Expr | None:
        if size(e) > _LONGEST:
            return None
        if any(touches(x, self.similarity) for x in e.atoms(Step, Top, HardestIndex)):
            return None
        try:
            slope = for_print(Derivative(_leaf(self.similarity))(e)).xreplace(APART)
        except ObjectiveError:
            return None
        if size(slope) > _LARGEST or terms_when_expanded(slope) > _LARGEST:
            return None
        return simplified(slope).xreplace(APART)


def _leaf(t: Inner) -> Callable[[Expr], Expr]:
    """∂/∂t of a leaf, all inner products of other samples or views independent of it."""
    v, i, w, j = t.args

    def leaf(e: Expr) -> Expr:
        if not isinstance(e, Inner):
            return S.Zero
        x, k, y, m = e.args
        x, y = x.flowing, y.flowing
        if x != y:
            return Delta(k, i) * Delta(m, j) if (x, y) == (v, w) else S.Zero
        if (x, y) != (v, w) or (k == m) != (i == j):
            return S.Zero
        return Delta(k, i) * Delta(m, j) + (Delta(k, j) * Delta(m, i) if i != j else 0)

    return leaf
