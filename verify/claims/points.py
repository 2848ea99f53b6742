"""Numbers at 50-digit points: what refutes a claim, and what stands beside every proof.

A point that refutes says how it was drawn. A difference counts as zero below TOLERANCE of the
larger side (of 1 where both are smaller).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from random import Random

from sympy import Expr

from derive.hyper import Hyper
from derive.nodes import ANCHOR, FEATURE, FeatureIndex, Index, free_indices
from verify.draws import drawn_value, shown
from verify.evaluation import Evaluator
from verify.inputs import draw_inputs
from verify.numbers import Number, Point, Rows, mp

TOLERANCE = mp.mpf(10) ** -35
POINTS = 8


@dataclass(frozen=True)
class Drawn:
    """A point, and how to draw it again."""

    point: Point
    text: str


@dataclass(frozen=True)
class Space:
    """What a claim is about: its hyper-parameters, the inputs, the embeddings.

    rows: makes (h, h') of a seed (None: unit vectors, positives near their anchors or not);
    accepts: which points count (a condition of the claim); values: hyper-parameters that are
    fixed, by name.
    """

    hyper: tuple[Hyper, ...] = ()
    inputs: tuple[str, ...] = ()
    rows: Callable[[Random], tuple[Rows, Rows]] | None = None
    accepts: Callable[[Point], bool] = lambda point: True
    least: int = 2  # pairs
    values: Mapping[str, Number] = field(default_factory=dict)

    def draw(self, seed: int, name: str | None = None) -> Drawn:
        """The first point of that seed that counts; name: how to say which one it is."""
        random = Random(seed)
        for _ in range(1000):
            h, h_prime = (self.rows or self._any_rows)(random)
            n, d = len(h), len(h[0])
            values = {x.name: drawn_value(x, random.random(), n, d) for x in self.hyper}
            values |= self.values
            inputs = draw_inputs(self.inputs, n, random)
            point = Point(h, h_prime, {k: mp.mpf(v) for k, v in values.items()}, inputs)
            if self.accepts(point):
                said = shown({**values, **inputs})
                name = name or f"seed {seed}"
                return Drawn(point, f"{name}: N={n}, D={d}{', ' if said else ''}{said}")
        raise AssertionError("no point that counts in 1,000 draws")

    def draws(self, seed: int, count: int = POINTS) -> list[Drawn]:
        return [self.draw(seed * count + k, f"seed {seed}, draw {k}") for k in range(count)]

    def _any_rows(self, random: Random) -> tuple[Rows, Rows]:
        n, d = random.randint(self.least, 4), random.randint(2, 4)
        noise = random.choice([0.3, 1.0, None])
        h = tuple(unit([gauss(random) for _ in range(d)]) for _ in range(n))
        keep, add = (1, noise) if noise else (0, 1.0)
        return h, tuple(unit([keep * x + add * gauss(random) for x in row]) for row in h)


def gauss(random: Random) -> Number:
    return mp.mpf(random.gauss(0, 1))


def unit(row: Sequence[Number]) -> tuple[Number, ...]:
    norm = mp.sqrt(mp.fsum(x * x for x in row))
    return tuple(x / norm for x in row)


@dataclass(frozen=True)
class Gap:
    """The largest difference that was found, relative; where; and both sides there."""

    size: Number
    where: str
    left: Number
    right: Number

    @property
    def vanishes(self) -> bool:
        return bool(self.size <= TOLERANCE)

    def __str__(self) -> str:
        sides = f"{mp.nstr(self.left, 8)} against {mp.nstr(self.right, 8)}"
        return f"{sides} at {self.where}"


def gap(left: Expr, right: Expr, points: Sequence[Drawn], *, tangent: bool = False) -> Gap:
    """How far two expressions are apart at the worst of some points and of the numbers of their
    free indices (j ≠ i). tangent: of vectors (component a of each), along the sphere at h_i.
    A free index of features other than a takes every number, those of a among them.

    A point where either has a pole does not count; raises `ZeroDivisionError` if all are such.
    """
    found = []
    for drawn in points:
        try:
            found += list(_gaps(left, right, drawn, tangent=tangent))
        except ZeroDivisionError:
            continue
    if not found:
        raise ZeroDivisionError("a pole at every point")
    return max(found, key=lambda x: x.size)


def _gaps(left: Expr, right: Expr, drawn: Drawn, *, tangent: bool) -> Iterator[Gap]:
    exact, point = Evaluator(drawn.point), drawn.point
    free = sorted(free_indices(left) | free_indices(right), key=str)
    others = [k for k in free if k != FEATURE]
    for at in _bindings(others, point):
        sides = []
        for e in (left, right):
            if FEATURE not in free:
                sides.append([exact(e, at)])
                continue
            vector = [exact(e, {**at, FEATURE: a}) for a in range(point.d)]
            sides.append(_along(vector, point.h[at[ANCHOR]]) if tangent else vector)
        scale = max(1, *(abs(x) for x in (*sides[0], *sides[1])))
        where = drawn.text + "".join(f", {k}={n}" for k, n in at.items())
        for x, y in zip(*sides, strict=True):
            yield Gap(abs(x - y) / scale, where, x, y)


def _bindings(indices: Sequence[Index], point: Point) -> Iterator[dict[Expr, int]]:
    """Numbers for the free indices: different samples, any features."""
    ranges = [range(point.d if isinstance(k, FeatureIndex) else point.n) for k in indices]
    for numbers in product(*ranges):
        bound = dict(zip(indices, numbers, strict=True))
        samples = [x for k, x in bound.items() if not isinstance(k, FeatureIndex)]
        if len(set(samples)) == len(samples):
            yield bound


def _along(vector: Sequence[Number], h: Sequence[Number]) -> list[Number]:
    """Less its part along h."""
    part = mp.fdot(vector, h) / mp.fdot(h, h)
    return [x - part * y for x, y in zip(vector, h, strict=True)]
