"""Batches that satisfy named conditions, for the numbers beside a conditional proof."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from derive.conditions import EQUAL_FEATURES, HINGE_INACTIVE, INTERCHANGEABLE, ZERO_MEAN
from verify.claims.conditions import COINCIDENT
from verify.claims.points import Space, gauss, unit
from verify.numbers import Number, Rows, mp

Pair = tuple[Rows, Rows]
_SMALL = mp.mpf(10) ** -3


def satisfying(names: Sequence[str], space: Space) -> Space | None:
    """The space with batches that satisfy these conditions, or None if none are known."""
    wanted = frozenset(names) - {HINGE_INACTIVE.name}
    rows = next((make for held, make in _BATCHES if wanted <= held), None)
    if rows is None:
        return None
    # No feature's hinge is active where the deviation that is asked for is tiny.
    values = {"gamma": _SMALL} if HINGE_INACTIVE.name in names else {}
    return replace(space, rows=rows, values={**space.values, **values}, accepts=lambda x: True)


def shifts(random: Random) -> Pair:
    """All cyclic shifts of a unit vector, D rows for each view: every feature has the same
    moments."""
    d = random.randint(2, 3)
    h, h_prime = _shifted(random, d), _shifted(random, d)
    return h, h_prime


def opposite_shifts(random: Random) -> Pair:
    """The same and their opposites, 2D rows: the batch means vanish as well."""
    h, h_prime = shifts(random)
    return _with_opposites(h), _with_opposites(h_prime)


def opposites(random: Random) -> Pair:
    """Unit vectors and their opposites: the batch means vanish."""
    n, d = random.randint(1, 2), random.randint(2, 3)
    halves = [tuple(unit([gauss(random) for _ in range(d)]) for _ in range(n)) for _ in range(2)]
    return _with_opposites(halves[0]), _with_opposites(halves[1])


def _shifted(random: Random, d: int) -> Rows:
    x = unit([gauss(random) for _ in range(d)])
    return tuple(x[k:] + x[:k] for k in range(d))


def _with_opposites(rows: Rows) -> Rows:
    return (*rows, *(tuple(-x for x in row) for row in rows))


def twice_the_same(random: Random) -> Pair:
    """Shifts and their opposites, with h' = h."""
    h, _ = opposite_shifts(random)
    return h, h


def coincident(random: Random) -> Pair:
    """Any unit vectors, with h' = h."""
    n, d = random.randint(2, 4), random.randint(2, 4)
    h = tuple(unit([gauss(random) for _ in range(d)]) for _ in range(n))
    return h, h


def private_noise(random: Random) -> Pair:
    """Two samples have one cosine in whichever views they are, and h'_i is not h_i: a shared part,
    and a part in a plane that no other sample enters."""
    n, shared, share = random.randint(2, 3), 2, mp.mpf(random.uniform(0.4, 0.9))
    views: tuple[list[tuple[Number, ...]], ...] = ([], [])
    for k in range(n):
        common = unit([gauss(random) for _ in range(shared)])
        for view in views:
            own = unit([gauss(random), gauss(random)])
            plane = [mp.zero] * (2 * n)
            plane[2 * k], plane[2 * k + 1] = own
            view.append(
                (*(mp.sqrt(share) * x for x in common), *(mp.sqrt(1 - share) * x for x in plane))
            )
    return tuple(views[0]), tuple(views[1])


# From the least to the most that they satisfy.
_SHIFTED = (ZERO_MEAN.name, EQUAL_FEATURES)
_BATCHES: tuple[tuple[frozenset[str], Callable[[Random], Pair]], ...] = (
    (frozenset((ZERO_MEAN.name,)), opposites),
    (frozenset((EQUAL_FEATURES,)), shifts),
    (frozenset((INTERCHANGEABLE.name,)), private_noise),
    (frozenset((INTERCHANGEABLE.name, COINCIDENT.name)), coincident),
    (frozenset(_SHIFTED), opposite_shifts),
    (frozenset((*_SHIFTED, INTERCHANGEABLE.name, COINCIDENT.name)), twice_the_same),
)
