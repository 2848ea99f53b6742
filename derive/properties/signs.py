"""The sign of an expression, proved from its structure: exponentials, squares, hinges, norms.

Every inner product of unit vectors is taken as an independent number in [−1, 1]: what holds for
those holds for the cosines of every batch. The free indices i and j differ; N ≥ 2, D ≥ 1, M ≥ 1.
The answer is a set of signs that is never too small: ANY says that nothing was proved.
"""

from collections.abc import Iterable

from sympy import Expr, fraction, together

from derive.hyper import Hyper
from derive.nodes import Node
from derive.properties.bounds import Bounds
from derive.properties.masks import ANY, product, within
from derive.properties.sign_rules import sign_of
from derive.properties.splitting import written_out
from derive.simplify import simplified, size

_DEPTH = 4
_NODES = 400  # what may be brought over one denominator


class Signs:
    """Proves signs. hyper: the hyper-parameters of the objective, with their domains."""

    def __init__(self, hyper: Iterable[Hyper] = ()):
        ranges = {x.symbol: (x.domain.low, x.domain.high) for x in hyper}
        self.bounds = Bounds(lambda e: self(e, 1), ranges)
        self._known: dict[tuple[Expr, int], int] = {}

    def __call__(self, e: Expr, depth: int = _DEPTH) -> int:
        """The signs that e can have where it is defined."""
        key = (e, depth)
        if key not in self._known:
            self._known[key] = ANY  # an expression that leads back to itself proves nothing
            self._known[key] = sign_of(e, self, depth) or ANY  # none: it is nowhere defined
        return self._known[key]

    def proves(self, e: Expr, allowed: int) -> bool:
        """Whether e, or an equal form of it as one fraction, has only the allowed signs."""
        return within(self.of_fraction(e), allowed)

    def of_fraction(self, e: Expr) -> int:
        """The signs of e, also looked for in e as one fraction."""
        found = self(e)
        if found != ANY:
            return found
        e = written_out(e)
        if size(e) > _NODES:
            return ANY
        top, bottom = fraction(simplified(e) if e.has(Node) else together(e))
        return product((self(top), self(bottom)))
