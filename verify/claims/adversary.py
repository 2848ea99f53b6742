"""A search for the point at which an inequality fails: drawn batches, extreme ones, and climbing.

A climb starts at the worst points and moves rows and hyper-parameters by random steps that shrink
where nothing gets worse. All at 50 digits: what it finds is what refutes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from sympy import oo

from derive.hyper import Hyper
from verify.claims.points import Drawn, Space, gauss, unit
from verify.numbers import Number, Point, Rows, mp

Excess = Callable[[Point], Number]  # > 0 where the inequality fails, relative to its larger side
_DRAWN, _CLIMBERS, _STEPS = 8, 2, 30
_PLAIN = 1e-6  # a counterexample that no climb is needed for
_OUTSIDE = -mp.inf


@dataclass(frozen=True)
class Worst:
    """The point that was closest to a counterexample, or one."""

    size: Number
    drawn: Drawn


def worst(excess: Excess, space: Space, seed: int) -> Worst:
    """The point with the largest excess that was found. Points with a pole do not count.

    A climb starts only where no drawn point is a plain counterexample. Raises `ZeroDivisionError`
    if no point counts.
    """
    starts = [Worst(_size(excess, x.point), x) for x in _starts(space, seed)]
    starts = [x for x in starts if x.size > _OUTSIDE]
    if not starts:
        raise ZeroDivisionError("a pole at every point")
    found = max(starts, key=lambda x: x.size)
    if found.size > _PLAIN:
        return found
    best = sorted(starts, key=lambda x: x.size)[-_CLIMBERS:]
    return max((_climbed(excess, x, space, seed) for x in best), key=lambda x: x.size)


def _size(excess: Excess, point: Point) -> Number:
    try:
        return excess(point)
    except (ZeroDivisionError, ValueError):
        return _OUTSIDE


def _starts(space: Space, seed: int) -> Iterator[Drawn]:
    yield from space.draws(seed, _DRAWN)
    for k, drawn in enumerate(space.draws(seed + 1, len(_EXTREME))):
        name, make = list(_EXTREME.items())[k]
        rows = make(drawn.point, Random(seed))
        point = replace(drawn.point, h=rows[0], h_prime=rows[1])
        if space.accepts(point):
            yield Drawn(point, f"{drawn.text}, {name}")


def _one_negative(point: Point, random: Random) -> tuple[Rows, Rows]:
    """Every h'_j of j > 0 is the same."""
    return point.h, (point.h_prime[0], *[point.h_prime[-1]] * (point.n - 1))


def _collapsed(point: Point, random: Random) -> tuple[Rows, Rows]:
    return (point.h[0],) * point.n, (unit(point.h[0]),) * point.n


def _antipodal(point: Point, random: Random) -> tuple[Rows, Rows]:
    """Positives opposite to their anchors."""
    return point.h, tuple(tuple(-x for x in unit(row)) for row in point.h)


def _aligned(point: Point, random: Random) -> tuple[Rows, Rows]:
    """Positives at their anchors, negatives opposite."""
    first = unit(point.h[0])
    return point.h, (first, *[tuple(-x for x in first)] * (point.n - 1))


_EXTREME = {
    "every negative the same": _one_negative,
    "all embeddings the same": _collapsed,
    "positives opposite": _antipodal,
    "negatives opposite": _aligned,
}


def _climbed(excess: Excess, start: Worst, space: Space, seed: int) -> Worst:
    random, best, step = Random(seed), start, 0.5
    for _ in range(_STEPS):
        point = _moved(best.drawn.point, space.hyper, step, random)
        size = _size(excess, point) if space.accepts(point) else _OUTSIDE
        if size > best.size:
            best = Worst(
                size, Drawn(point, f"{start.drawn.text}, climbed from there: {_at(point)}")
            )
        else:
            step *= 0.85
    return best


def _moved(point: Point, hyper: tuple[Hyper, ...], step: float, random: Random) -> Point:
    """Rows of the same norms in other directions, and hyper-parameters inside of their domains."""

    def turned(rows: Rows) -> Rows:
        return tuple(_turned(row, step, random) for row in rows)

    values = dict(point.values)
    for x in hyper:
        low, high = x.domain.low, x.domain.high
        by = mp.mpf(step * random.uniform(-0.5, 0.5))
        moved = values[x.name] + by if low == -oo else values[x.name] * (1 + by)
        if (not low.is_number or moved > float(low)) and (
            not high.is_number or moved < float(high)
        ):
            values[x.name] = moved
    return replace(point, h=turned(point.h), h_prime=turned(point.h_prime), values=values)


def _turned(row: tuple[Number, ...], step: float, random: Random) -> tuple[Number, ...]:
    norm = mp.sqrt(mp.fsum(x * x for x in row))
    moved = [x + norm * step * gauss(random) for x in row]
    return tuple(norm * x for x in unit(moved))


def _at(point: Point) -> str:
    def rows(x: Rows) -> str:
        return " ".join("(" + ", ".join(mp.nstr(y, 5) for y in row) + ")" for row in x)

    values = "".join(f", {k}={mp.nstr(v, 6)}" for k, v in point.values.items())
    return f"h ≈ {rows(point.h)}, h' ≈ {rows(point.h_prime)}{values}"
