"""Counterexamples by values alone: where gradients say nothing, and for raw rows."""

from collections.abc import Collection, Iterable
from itertools import islice
from math import isfinite
from typing import SupportsFloat

from sympy import Expr

from derive.comparison.corners import corners
from derive.comparison.counterexample import Counterexample, Evidence, example_settings
from derive.comparison.grid import SIZES, Batch, simple_batches
from derive.comparison.samples import Sample, inputs_of, value_at
from derive.comparison.subject import Form, Subject
from derive.numeric import Point

_CLEAR = 1e-7
_SIMPLE = 6  # batches of each size, besides the corners
_NO_LINE = "No L_A = f·L_B + c goes through these values."


def off_every_line(a: Subject, b: Subject, special: Collection[str] = ()) -> Counterexample | None:
    """Two or three batches whose values no factor and no constant relate; None: none found."""
    for n, d in SIZES:
        pair = _Values(a, b, special, n, d)
        few = islice(simple_batches(n, d), _SIMPLE)
        found = [pair.at(x) for x in (*few, *(batch for _, batch in corners(n, d)))]
        shown = _shown([x for x in found if x is not None])
        if shown:
            return Counterexample(n, d, pair.settings, shown, _NO_LINE)
    return None


def on_raw_rows(a: Subject, b: Subject) -> Counterexample | None:
    """Where one loss normalises its rows and the other does not: one row doubled changes the
    second loss only. None where it does not change."""
    n, d = SIZES[0]
    pair = _Values(a, b, (), n, d, own=True)
    raw = "AB"[b.objective.embeddings == "raw"]
    for h, h_prime in simple_batches(n, d):
        longer = (tuple(2 * x for x in h[0]), *h[1:]), h_prime
        found = [pair.at(x) for x in ((h, h_prime), longer)]
        first, second = found
        if first is not None and second is not None:
            at = "AB".index(raw)
            x, y = first.values[at], second.values[at]
            if abs(x - y) > _CLEAR * max(abs(x), abs(y)):
                says = f"Doubling z_1 changes L_{raw} and leaves L_{'BA'[at]} as it is."
                return Counterexample(n, d, pair.settings, (first, second), says, raw=True)
    return None


class _Values:
    """Both losses at batches of one size, as they are compared or (own) as they stand."""

    def __init__(
        self, a: Subject, b: Subject, special: Collection[str], n: int, d: int, *, own: bool = False
    ):
        self.forms = (a.own, b.own) if own else (a.form, b.form)
        self.own = own
        self.inputs = inputs_of({*a.inputs, *b.inputs}, n)
        self.settings: dict[str, Expr] = example_settings({**b.free, **a.free}, special, n, d)

    def at(self, batch: Batch) -> Evidence | None:
        values = [self._value(form, batch) for form in self.forms]
        if not all(map(isfinite, values)):
            return None
        return Evidence(batch, (values[0], values[1]), ([], []))

    def _value(self, form: Form, batch: Batch) -> float:
        rows = [tuple(_row(x, unit=self.own and form.unit) for x in view) for view in batch]
        values = {name: float(x) for name, x in self.settings.items()}
        return value_at(form.value, Sample(Point(rows[0], rows[1], values, self.inputs)))


def _row(x: Iterable[SupportsFloat], *, unit: bool) -> tuple[float, ...]:
    row = [float(c) for c in x]
    norm = sum(c * c for c in row) ** 0.5 if unit else 1.0
    return tuple(c / norm for c in row)


def _shown(found: list[Evidence]) -> tuple[Evidence, ...]:
    """Two with one value of one loss and two of the other, or three that are on no line."""
    for first in found[:1]:
        for side in (0, 1):
            other = _farthest(found, side)
            if _distance(first, other, side) == 0.0:
                other = _farthest(found, 1 - side)
                return (first, other) if _distance(first, other, 1 - side) > _CLEAR else ()
        second = _farthest(found, 1)
        worst = max(found, key=lambda x: _bend(first, second, x))
        if _bend(first, second, worst) > _CLEAR:
            return first, second, worst
    return ()


def _farthest(found: list[Evidence], side: int) -> Evidence:
    return max(found, key=lambda x: _distance(found[0], x, side))


def _distance(x: Evidence, y: Evidence, side: int) -> float:
    """Of the values of one loss; 0 where they are equal but for rounding."""
    p, q = x.values[side], y.values[side]
    apart = abs(p - q)
    return apart if apart > 1e-10 * max(abs(p), abs(q)) else 0.0


def _bend(x: Evidence, y: Evidence, z: Evidence) -> float:
    """How far three pairs of values are from a line, by their size."""
    (a, b), (c, d), (e, f) = x.values, y.values, z.values
    size = max(map(abs, (a, c, e))) * max(map(abs, (b, d, f)))
    return abs((c - a) * (f - b) - (e - a) * (d - b)) / size if size else 0.0
