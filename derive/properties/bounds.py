"""The least and the greatest that an expression can be, where it is linear in what is bounded.

Bounded are cosines of unit vectors (−1 to 1), sines, angles (0 to π), indicators, and the
hyper-parameters with a closed or open interval.
"""

from collections.abc import Callable, Mapping

from sympy import Add, Expr, Mul, Pow, S, pi

from derive.nodes import (
    Angle,
    Cos,
    Delta,
    Distinct,
    Hardest,
    IndexSum,
    Inner,
    Match,
    Mismatch,
    Sin,
    Step,
    Top,
    free_indices,
)
from derive.properties.masks import NONNEGATIVE, NONPOSITIVE, within
from derive.properties.splitting import guarded

Range = tuple[Expr, Expr]
_INDICATORS = (Step, Delta, Distinct, Match, Mismatch, Top)


class Bounds:
    """sign: the signs of an expression, for the factors of what is bounded; ranges: the intervals
    of symbols."""

    def __init__(self, sign: Callable[[Expr], int], ranges: Mapping[Expr, Range]):
        self.sign = sign
        self.ranges = ranges

    def low(self, e: Expr) -> Expr:
        """An expression that is nowhere above e (e itself where nothing is known)."""
        return self._end(e, 0)

    def high(self, e: Expr) -> Expr:
        """An expression that is nowhere below e."""
        return self._end(e, 1)

    def _end(self, e: Expr, side: int) -> Expr:
        if isinstance(e, Add):
            return Add(*[self._end(x, side) for x in e.args])
        if isinstance(e, Mul):
            return self._product(e, side)
        if isinstance(e, IndexSum):
            guards, body = guarded(e)
            return IndexSum(Mul(*guards, self._end(body, side)), e.args[1])
        if isinstance(e, Hardest):
            end = self._end(e.args[0], side)
            return e if e.args[1] in free_indices(end) else end
        found = self._range(e)
        return e if found is None or not found[side].is_finite else found[side]

    def _product(self, e: Mul, side: int) -> Expr:
        """One bounded factor times others of one sign."""
        for x in e.args:
            rest = Mul(*[y for y in e.args if y is not x])
            sign = self.sign(rest)
            if within(sign, NONNEGATIVE) or within(sign, NONPOSITIVE):
                at = side if within(sign, NONNEGATIVE) else 1 - side
                end = self._end(x, at)
                if end != x:
                    return rest * end
        return e

    def _range(self, e: Expr) -> Range | None:
        if isinstance(e, Inner):
            plain = all(x.unit and x.role != "centred" for x in e.args[::2])
            return (S.NegativeOne, S.One) if plain else None
        if isinstance(e, Sin) and isinstance(e.args[0], Angle):
            return S.Zero, S.One
        if isinstance(e, Sin | Cos):
            return S.NegativeOne, S.One
        if isinstance(e, Angle):
            return S.Zero, pi
        if isinstance(e, _INDICATORS):
            return S.Zero, S.One
        if isinstance(e, Pow) and e.exp.is_Integer and e.exp > 0 and e.exp % 2 == 0:
            base = self._range(e.base)
            return (S.Zero, S.One) if base in ((S.NegativeOne, S.One), (S.Zero, S.One)) else None
        return self.ranges.get(e)
