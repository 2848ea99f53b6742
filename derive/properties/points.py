"""Batches to look at: small exact ones to refute a claim with, and drawn ones to sample.

The exact ones have rows of rational unit vectors such as (3/5, 4/5), so that their numbers can
be written down and checked by hand.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from sympy import Expr, Rational

from derive.nodes import ANCHOR, D, N
from derive.numeric import Evaluator, Number, Point, evaluate, mp
from derive.objective import Objective

Settings = dict[str, Expr]
_UNIT = ((3, 4, 5), (-5, 12, 13), (8, -15, 17), (-4, -3, 5), (12, 5, 13), (1, 0, 1))
EXTRAS = 2


@dataclass(frozen=True)
class Batch:
    """Rows of exact numbers, N of D for each view; text(): as they print."""

    h: tuple[tuple[Rational, ...], ...]
    h_prime: tuple[tuple[Rational, ...], ...]

    def text(self) -> str:
        return f"h = {_rows(self.h)}, h' = {_rows(self.h_prime)}"


def _rows(rows: Sequence[Sequence[Rational]]) -> str:
    return " ".join("(" + ", ".join(map(str, row)) + ")" for row in rows)


def _plain(x: Expr) -> str:
    return re.sub(r"sqrt\((\w+)\)", r"√\1", str(x)).replace("pi", "π")


def exact_batches(n: int, *, unit: bool = True) -> Iterator[Batch]:
    """Batches of n pairs in the plane, the simplest first."""
    pool = [tuple(Rational(x, z) for x in (a, b)) for a, b, z in _UNIT]
    for shift in range(len(pool)):
        scale = 1 if unit else 2
        rows = [tuple(scale * x for x in pool[(shift + k) % len(pool)]) for k in range(2 * n)]
        yield Batch(tuple(rows[:n]), tuple(rows[n:]))
    east, west = (Rational(1), Rational(0)), (Rational(-1), Rational(0))
    yield Batch((east,) + (west,) * (n - 1), (east,) + (west,) * (n - 1))
    yield Batch((east,) * n, (east,) * n)
    yield Batch((east,) + (west,) * (n - 1), (west,) + (east,) * (n - 1))


def drawn(n: int, d: int, random: Random, *, noise: float, unit: bool = True) -> Point:
    """Floats: normal rows, the second view `noise` apart, normalised if `unit`; no values yet."""
    h = [[random.gauss(0, 1) for _ in range(d)] for _ in range(n)]
    h_prime = [[x + noise * random.gauss(0, 1) for x in row] for row in h]
    rows = normalised if unit else _tuples
    return Point(rows(h), rows(h_prime), {})


def _tuples(rows: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, rows))


def normalised(rows: Sequence[Sequence[Number]]) -> tuple[tuple[Number, ...], ...]:
    """Rows of norm 1."""
    lengths = [mp.sqrt(sum(x * x for x in row)) for row in rows]
    if not isinstance(rows[0][0], mp.mpf):
        lengths = [float(x) for x in lengths]
    return tuple(tuple(x / n for x in row) for row, n in zip(rows, lengths, strict=True))


class Sampler:
    """Values of an objective's expressions at batches: hyper-parameters as set or by default."""

    def __init__(self, objective: Objective, settings: Any):
        self.objective = objective
        self.settings = dict(settings)
        self.symbolic: Settings = objective.defaults(self.settings)  # may hold N and D

    def values(self, n: int, d: int) -> Settings:
        """Every hyper-parameter at a batch of that size, exactly."""
        return {name: x.subs({N: n, D: d}) for name, x in self.symbolic.items()}

    def settings_text(self, n: int, d: int) -> str:
        """`τ = 1/20, N = 3, D = 2`."""
        display = {x.name: x.display for x in self.objective.hyper}
        values = [f"{display[name]} = {_plain(x)}" for name, x in self.values(n, d).items()]
        return ", ".join([*values, f"N = {n}", f"D = {d}"])

    def text(self) -> str:
        """`τ = 1/20, m = 1/2`, in N and D."""
        display = {x.name: x.display for x in self.objective.hyper}
        return ", ".join(f"{display[name]} = {_plain(x)}" for name, x in self.symbolic.items())

    def in_digits(self, point: Point) -> Point:
        """A point of floats with 50 digits, normalised anew where the loss asks for that."""
        rows = [tuple(tuple(mp.mpf(x) for x in row) for row in v) for v in (point.h, point.h_prime)]
        if self.objective.embeddings == "unit":
            rows = [normalised(v) for v in rows]
        values = {name: to_mp(x) for name, x in self.values(point.n, point.d).items()}
        return Point(rows[0], rows[1], values, self.inputs(point.n))

    def inputs(self, n: int) -> dict[str, Sequence[Any]]:
        """Labels in pairs (0, 0, 1, 1, …); arrays of the samples that come next."""
        found: dict[str, Sequence[Any]] = {}
        for at, name in enumerate(self.objective.inputs):
            following = [
                [(k + 1 + (at + e) % (n - 1)) % n for e in range(EXTRAS)] for k in range(n)
            ]
            found[name] = [k // 2 for k in range(n)] if name == "labels" else following
        return found

    def exact_point(self, batch: Batch) -> Point:
        """The batch with 50 digits."""
        n, d = len(batch.h), len(batch.h[0])
        values = {name: to_mp(x) for name, x in self.values(n, d).items()}
        h, h_prime = [
            tuple(tuple(to_mp(x) for x in row) for row in rows) for rows in (batch.h, batch.h_prime)
        ]
        return Point(h, h_prime, values, self.inputs(n))

    def float_point(self, point: Point) -> Point:
        """A drawn point with the hyper-parameters and inputs filled in."""
        values = {name: float(x) for name, x in self.values(point.n, point.d).items()}
        return Point(point.h, point.h_prime, values, self.inputs(point.n))


def to_mp(x: Expr) -> Number:
    """An exact SymPy number with 50 digits."""
    return mp.mpf(int(x.p)) / int(x.q) if x.is_Rational else mp.mpf(str(x.evalf(mp.dps + 5)))


def training_value(objective: Objective, formula: Expr, point: Point) -> Number | None:
    """The batch scalar, or the mean of L_i over the anchors; None where it is not defined."""
    try:
        if objective.differentiated == "batch":
            return evaluate(formula, point)
        ev = Evaluator(point)
        return sum(ev(formula, {ANCHOR: i}) for i in range(point.n)) / point.n
    except (ZeroDivisionError, ValueError, OverflowError):
        return None
