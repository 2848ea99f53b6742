"""Expressions as numbers, by their definition: one rule a node, sums are loops.

In floats, or with 50 digits where the numbers of the point are those of `mp`. For small batches:
time grows with N and D to the number of nested sums. Needs nothing but mpmath (SymPy has it).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import mpmath
from sympy import Add, Expr, Mul, Pow

from derive.errors import LoweringError
from derive.nodes import (
    ExtraIndex,
    FeatureIndex,
    Given,
    HardestIndex,
    Index,
    Node,
    View,
    free_indices,
)
from derive.numeric_rules import Bindings, Number, rule_of

__all__ = ["Bindings", "Evaluator", "Number", "Point", "Rows", "evaluate", "mp"]

mp = mpmath.MPContext()  # our own: the precision of mpmath's global context is not ours to set
mp.dps = 50

Rows = tuple[tuple[Number, ...], ...]


@dataclass(frozen=True)
class Point:
    """One batch. h, h_prime: N rows of D numbers; values: by hyper-parameter; inputs: the labels
    (N numbers) or arrays of sample numbers (N rows of M) that the loss takes besides."""

    h: Rows
    h_prime: Rows
    values: Mapping[str, Number]
    inputs: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return len(self.h)

    @property
    def d(self) -> int:
        return len(self.h[0])

    @property
    def extras(self) -> int:
        """M, the length of the rows of the arrays among the inputs (0: there are none)."""
        lengths = [len(rows[0]) for name, rows in self.inputs.items() if name != "labels"]
        return lengths[0] if lengths else 0

    @property
    def exact(self) -> bool:
        """Whether its numbers have 50 digits."""
        return isinstance(self.h[0][0], mp.mpf)


def evaluate(e: Expr, point: Point, at: Bindings | None = None) -> Number:
    """The value of e at a point, its free indices bound by `at` (they count from 0).

    Raises `LoweringError` for a node without a rule, an index without a number or an input that
    is missing; `ZeroDivisionError` (of a float or of mpmath) and `ValueError` at poles and
    outside the domain of a root or a logarithm; `OverflowError` beyond the floats.
    """
    return Evaluator(point)(e, at)


class Evaluator:
    """Evaluates expressions at one point and remembers the values of what they share."""

    def __init__(self, point: Point):
        self.point = point
        self.maths: Any = mp if point.exact else math
        self.number: Callable[[Any], Number] = mp.mpf if point.exact else float
        self._known: dict[tuple[Expr, tuple[int, ...]], Number] = {}
        self._centred: dict[str, Rows] = {}

    def __call__(self, e: Expr, at: Bindings | None = None) -> Number:
        at = at or {}
        if not isinstance(e, Node | Add | Mul | Pow):
            return rule_of(e)(self, e, at)
        free = _free(e)
        try:
            key = (e, tuple([at[k] for k in free]))
        except KeyError as error:
            raise LoweringError(f"{e} needs a number for {error}.") from error
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = rule_of(e)(self, e, at)
        return found

    def embedding(self, view: View, sample: int) -> Sequence[Number]:
        """One row of a view, in its role."""
        rows = self.point.h_prime if view.name.endswith("'") else self.point.h
        if view.role != "centred":
            return rows[sample]
        if view.name not in self._centred:
            means = [sum(x) / self.point.n for x in zip(*rows, strict=True)]
            self._centred[view.name] = tuple(
                tuple(x - mean for x, mean in zip(row, means, strict=True)) for row in rows
            )
        return self._centred[view.name][sample]

    def position(self, index: Expr, at: Bindings) -> int:
        """The number that an index stands for."""
        if isinstance(index, HardestIndex):
            return -max(self.others(index, at))[1]
        if isinstance(index, Given):
            array, i, e = index.args
            return int(self.input(array.name)[self.position(i, at)][at[e]])
        if index not in at:
            raise LoweringError(f"the index {index} needs a number.")
        return at[index]

    def input(self, name: str) -> Sequence[Any]:
        if name not in self.point.inputs:
            raise LoweringError(f"the input {name!r} is missing: give the point its values.")
        return self.point.inputs[name]

    def size(self, k: Index) -> int:
        if isinstance(k, ExtraIndex):
            return self.point.extras
        return self.point.d if isinstance(k, FeatureIndex) else self.point.n

    def others(self, e: Expr, at: Bindings) -> list[tuple[Number, int]]:
        """The body of a maximum at every sample but its anchor, with that sample negated."""
        body, k, anchor = e.args
        own = self.position(anchor, at)
        return [(self(body, {**at, k: n}), -n) for n in range(self.point.n) if n != own]


@lru_cache(maxsize=100_000)
def _free(e: Expr) -> tuple[Index, ...]:
    return tuple(free_indices(e))
