"""A small batch with rational cosines at which two expressions differ, with 50 digits.

The cosines of 2N unit vectors in R^2N can be any that make a positive definite matrix, so they
are drawn, and the vectors are made from them (Cholesky).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from random import Random
from typing import Any

import sympy
from sympy import Expr, Rational, S

from derive.integrability.field import SAMPLES, Cosine
from derive.nodes import D, N
from derive.numeric import Number, Point, evaluate, mp
from derive.objective import Objective

_DRAWS = 40  # batches of one size
_HUNDREDTHS = [k for k in range(-29, 30) if abs(k) > 2]
_CLEAR = mp.mpf("1e-3")  # of the larger side: a difference to show
_SMALLEST = mp.mpf("1e-20")  # and one that 50 digits leave no doubt about
_STEP = mp.mpf("1e-12")
_SLOPE = mp.mpf("1e-9")  # how near a difference quotient has to be


@dataclass(frozen=True)
class Batch:
    """2N unit vectors by their cosines: `gram` holds h_1 … h_N, then h'_1 … h'_N.

    values: every hyper-parameter, exactly; inputs: labels or arrays, where the loss takes any.
    """

    gram: tuple[tuple[Rational, ...], ...]
    values: Mapping[str, Expr]
    inputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return len(self.gram) // 2

    @property
    def d(self) -> int:
        return len(self.gram)

    @property
    def cosines(self) -> dict[str, list[list[Rational]]]:
        """ "cross" c_ij', "same" c_ij, "second" c_i'j': N rows of N each."""
        n = self.n
        blocks = {"cross": (0, n), "same": (0, 0), "second": (n, n)}
        return {
            name: [list(row[right : right + n]) for row in self.gram[top : top + n]]
            for name, (top, right) in blocks.items()
        }

    def moved(self, c: Cosine, by: Number) -> "Batch":
        """The batch with one cosine changed."""
        p, q = (SAMPLES.index(x) for x in (c.p, c.q))
        q += self.n if c.view.name.endswith("'") else 0
        rows = [list(row) for row in self.gram]
        rows[p][q] += by
        rows[q][p] += by
        return replace(self, gram=tuple(map(tuple, rows)))

    def shaken(self, by: Number) -> "Batch":
        """Every cosine changed a little, each by another amount."""
        rows = [list(row) for row in self.gram]
        for p, q in product(range(len(rows)), repeat=2):
            if p != q:
                rows[p][q] += by * (1 + min(p, q) * len(rows) + max(p, q)) / len(rows) ** 2
        return replace(self, gram=tuple(map(tuple, rows)))

    def point(self) -> Point:
        """Its embeddings, D = 2N, with 50 digits. Raises `ValueError` where there are none."""
        rows = mp.cholesky(mp.matrix([[_number(x) for x in row] for row in self.gram])).tolist()
        embeddings = tuple(map(tuple, rows))
        values = {name: _number(x) for name, x in self.values.items()}
        return Point(embeddings[: self.n], embeddings[self.n :], values, self.inputs)


@dataclass(frozen=True)
class Instance:
    """A batch, and the two sides there (to 50 digits). at_defaults: no hyper-parameter had to be
    moved from its default or from what was set."""

    batch: Batch
    left: Number
    right: Number
    at_defaults: bool

    @property
    def difference(self) -> Number:
        return self.left - self.right


@dataclass(frozen=True)
class Side:
    """An expression, and what it should be the derivative of, by which cosine (None: nothing)."""

    value: Expr
    entry: Expr | None = None
    by: Cosine | None = None


def find_instance(
    objective: Objective, settings: Mapping[str, object], left: Side, right: Side, samples: int
) -> Instance | None:
    """A batch, as small as it was found, at which the two sides clearly differ; a side that is a
    derivative is also held against a difference quotient. None if there was none."""
    widest: Instance | None = None
    for values, at_defaults in _settings(objective, settings):
        for n in range(max(samples, 2), samples + 3):
            for batch in _batches(objective, values, n):
                found = _compared(batch, left, right, at_defaults)
                if found is not None and _apart(found) > _CLEAR and _confirmed(found, left, right):
                    return found
                if found is not None and (widest is None or _apart(found) > _apart(widest)):
                    widest = found
        if widest is not None and _apart(widest) > _SMALLEST and _confirmed(widest, left, right):
            return widest
    return None


def _compared(batch: Batch, left: Side, right: Side, at_defaults: bool) -> Instance | None:
    at = dict(zip(SAMPLES, range(batch.n), strict=False))
    try:
        point = batch.point()
        values = evaluate(left.value, point, at), evaluate(right.value, point, at)
    except (ValueError, ZeroDivisionError):  # no such vectors, or a pole
        return None
    return Instance(batch, values[0], values[1], at_defaults)


def _apart(x: Instance) -> Number:
    """The difference relative to the larger side."""
    larger = max(abs(x.left), abs(x.right))
    return abs(x.difference) / larger if larger else mp.zero


def _confirmed(x: Instance, left: Side, right: Side) -> bool:
    """Whether the batch is off the jumps, and the derivatives are the slopes of what they should
    be the derivatives of."""
    scale = max(abs(x.left), abs(x.right))
    for side, value in ((left, x.left), (right, x.right)):
        around = [_value(x.batch.shaken(by), side.value) for by in (_STEP, -_STEP)]
        if any(abs(y - value) > _SLOPE * scale for y in around):
            return False
        if side.by is not None and side.entry is not None:
            ends = [_value(x.batch.moved(side.by, by), side.entry) for by in (_STEP, -_STEP)]
            slope = (ends[0] - ends[1]) / (2 * _STEP)
            if abs(slope - value) > _SLOPE * scale:
                return False
    return True


def _value(batch: Batch, e: Expr) -> Number:
    return evaluate(e, batch.point(), dict(zip(SAMPLES, range(batch.n), strict=False)))


def _settings(
    objective: Objective, settings: Mapping[str, object]
) -> Iterator[tuple[dict[str, Expr], bool]]:
    """The defaults, then each free hyper-parameter half as large again."""
    defaults = objective.defaults(settings)
    yield defaults, True
    for x in objective.hyper:
        moved = defaults[x.name] * Rational(3, 2) or Rational(1, 2)
        if x.name not in settings and moved.is_number and x.domain.contains(moved):
            yield {**defaults, x.name: moved}, False


def _batches(objective: Objective, values: Mapping[str, Expr], n: int) -> Iterator[Batch]:
    random = Random(n)
    sizes = {N: S(n), D: S(2 * n)}
    exact = {name: x.subs(sizes) for name, x in values.items()}
    inputs = _inputs(objective, n)
    for _ in range(_DRAWS):
        gram = [[S.One] * (2 * n) for _ in range(2 * n)]
        for p, q in product(range(2 * n), repeat=2):
            if p < q:
                gram[p][q] = gram[q][p] = Rational(random.choice(_HUNDREDTHS), 100)
        yield Batch(tuple(map(tuple, gram)), exact, inputs)


def _inputs(objective: Objective, n: int) -> dict[str, Any]:
    """Two classes; two other samples for each."""
    others = tuple(((k + 1) % n, (k + 2) % n if n > 2 else (k + 1) % n) for k in range(n))
    labels = tuple(k // max(n // 2, 1) for k in range(n))
    return {name: labels if name == "labels" else others for name in objective.inputs}


def _number(x: Expr | Number) -> Number:
    if isinstance(x, Expr):
        return mp.mpf(int(x.p)) / int(x.q) if x.is_Rational else mp.mpf(str(sympy.N(x, mp.dps)))
    return x
