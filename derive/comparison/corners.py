"""Batches at which losses that agree elsewhere often differ: collapse, ties, extreme cosines."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle, islice

from derive.comparison.grid import Batch, Coordinates

_ZERO = Fraction(0)


def _plane(a: int, b: int, c: int) -> Coordinates:
    return Fraction(a, c), Fraction(b, c)


_SPREAD = (_plane(1, 0, 1), _plane(3, 4, 5), _plane(-5, 12, 13), _plane(-8, -15, 17))
_NEAR, _NEARER, _FAR = _plane(4, 3, 5), _plane(12, 5, 13), _plane(-3, -4, 5)
_QUARTER = _plane(0, 1, 1)
_HALF = _plane(-1, 0, 1)


def corners(n: int, d: int) -> Iterator[tuple[str, Batch]]:
    """Their names and the batches, of unit vectors with rational coordinates; N ≥ 2, D ≥ 2."""
    spread = list(islice(cycle(_SPREAD), n))
    same = [spread[0]] * n
    plane: tuple[tuple[str, list[Coordinates], list[Coordinates]], ...] = (
        ("collapse", same, same),
        ("h' = −h", spread, _turned(spread, _HALF)),
        ("h' = h", spread, spread),
        ("h' ⊥ h", spread, _turned(spread, _QUARTER)),
        ("c_ii' = 3/5", spread, _turned(spread, _plane(3, 4, 5))),
        ("c_ii' = −3/5", spread, _turned(spread, _plane(-3, 4, 5))),
        ("two tied negatives", *_tied(spread)),
        ("a negative equal to the positive", spread, [_NEAR, *[_NEAR] * (n - 1)]),
        ("opposite samples", _opposite(n), _opposite(n)),
    )
    for name, h, h_prime in plane:
        yield name, (_filled(h, d), _filled(h_prime, d))
    yield "orthogonal samples", (_orthogonal(n, d), _orthogonal(n, d))


def _turned(rows: list[Coordinates], by: Coordinates) -> list[Coordinates]:
    """Every row turned in the plane; by: the cosine and the sine."""
    c, s = by
    return [(c * x - s * y, s * x + c * y) for x, y in rows]


def _tied(spread: list[Coordinates]) -> tuple[list[Coordinates], list[Coordinates]]:
    """Samples 2 and 3 are the hardest negatives of sample 1, in both views; others are far."""
    rest = [_FAR] * max(0, len(spread) - 3)
    h = [spread[0], _NEAR, _NEAR, *rest][: len(spread)]
    h_prime = [_QUARTER, _NEARER, _NEARER, *rest][: len(spread)]
    return h, h_prime


def _opposite(n: int) -> list[Coordinates]:
    return list(islice(cycle((_SPREAD[0], _turned([_SPREAD[0]], _HALF)[0])), n))


def _filled(rows: list[Coordinates], d: int) -> tuple[Coordinates, ...]:
    return tuple((*x, *[_ZERO] * (d - 2)) for x in rows)


def _orthogonal(n: int, d: int) -> tuple[Coordinates, ...]:
    """The first unit vectors, again from the first where N > D."""
    return tuple(tuple(Fraction(int(a == k % d)) for a in range(d)) for k in range(n))
