"""Whether a − f·b − c is zero at every batch tried: random ones and the corners, many digits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sympy import Expr

from derive.comparison.corners import corners
from derive.comparison.samples import Sample
from derive.nodes import ANCHOR
from derive.numeric import Number, Point, evaluate, mp

_DIGITS = (50, 100)
_SCALES = ("1", "0.1", "0.01")  # of all hyper-parameters


@dataclass(frozen=True)
class Tried:
    """How many random batches, and which others by name; each with several settings."""

    random: int
    corners: tuple[str, ...]

    def __str__(self) -> str:
        count = self.random + len(self.corners)
        return f"at every batch tried ({count}: {self.random} random, {', '.join(self.corners)})"


def confirmed(a: Expr, b: Expr, difference: Expr, batches: list[list[Sample]]) -> Tried | None:
    """difference: a − f·b − c, as it is read. None where it is not zero at one of the batches,
    or where just one of a and b can be evaluated; a batch where neither can is not tried."""
    names: dict[str, None] = {}
    random = 0
    for points in batches:
        named = [("", x.point) for x in points] + list(_corners(points[0].point))
        for name, point in named:
            found = [_zero(a, b, difference, point, mp.mpf(s)) for s in _SCALES]
            if False in found:
                return None
            if True in found:
                random += not name
                names |= {name: None} if name else {}
    return Tried(random, tuple(names))


def _corners(like: Point) -> Iterator[tuple[str, Point]]:
    """With the settings and inputs of another point."""
    for name, (h, h_prime) in corners(like.n, like.d):
        yield name, Point(h, h_prime, like.values, like.inputs)


def _zero(a: Expr, b: Expr, difference: Expr, point: Point, scale: Number) -> bool | None:
    """Whether it is zero; None where neither loss can be evaluated.

    A number that is left over in rounding falls with the digits; a small difference does not.
    """
    try:
        few, many = (_value(difference, point, scale, digits) for digits in _DIGITS)
    except (ArithmeticError, ValueError):
        return None if _undefined(a, point, scale) and _undefined(b, point, scale) else False
    if few == many == 0:
        return True
    with mp.workdps(_DIGITS[1]):
        terms = [abs(_value(x, point, scale, _DIGITS[1])) for x in difference.as_ordered_terms()]
        size = 1 + max(terms)
        small = abs(few) <= mp.mpf(10) ** -40 * size and abs(many) <= mp.mpf(10) ** -90 * size
        return bool(small and (few == 0 or abs(many) <= mp.mpf(10) ** -30 * abs(few)))


def _undefined(e: Expr, point: Point, scale: Number) -> bool:
    try:
        _value(e, point, scale, _DIGITS[0])
    except (ArithmeticError, ValueError):
        return True
    return False


def _value(e: Expr, point: Point, scale: Number, digits: int) -> Number:
    """With rows of norm 1 again where they had it, all hyper-parameters times `scale`."""
    with mp.workdps(digits):
        views = [tuple(_exact_row(row) for row in view) for view in (point.h, point.h_prime)]
        values = {name: mp.mpf(x) * scale for name, x in point.values.items()}
        return evaluate(e, Point(views[0], views[1], values, point.inputs), {ANCHOR: 0})


def _exact_row(row: Sequence[Number]) -> tuple[Number, ...]:
    exact = [mp.mpf(x.numerator) / x.denominator if hasattr(x, "numerator") else mp.mpf(x)
             for x in row]  # fmt: skip
    norm = mp.sqrt(mp.fsum(x * x for x in exact))
    return tuple(x / norm for x in exact) if abs(norm - 1) < 1e-9 else tuple(exact)
