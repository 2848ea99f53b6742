"""Expressions at drawn batches: what is found there is a sample, and no proof."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from sympy import Expr

from derive.nodes import ANCHOR, FEATURE, NEGATIVE, SampleIndex, free_indices
from derive.numeric import Evaluator, Number, Point
from derive.properties.points import drawn, exact_batches
from derive.properties.subject import Subject

SEED = 0
BATCHES = 24
SIZES = ((2, 2), (3, 3), (5, 4))
NOISES = (0.1, 0.5, 1.5)


@dataclass(frozen=True)
class Sample:
    """Values of an expression at drawn batches. values: one for each pair i, j (or each i)."""

    values: tuple[float, ...]

    @property
    def ground(self) -> str:
        """Sizes, seed, and what it is worth."""
        return (
            f"{len(self.values)} values at {BATCHES} drawn batches, "
            f"(N, D) = {', '.join(map(str, SIZES))}, seed {SEED}, "
            "settings as given or by default; no proof"
        )


def batches(subject: Subject) -> Iterator[Point]:
    """The drawn batches: the same ones for every question."""
    random = Random(SEED)
    for count in range(BATCHES):
        n, d = SIZES[count % len(SIZES)]
        noise = NOISES[count % len(NOISES)]
        yield subject.sampler.float_point(drawn(n, d, random, noise=noise, unit=subject.unit))


def points_to_try(subject: Subject, n: int) -> Iterator[tuple[str, Point]]:
    """Batches to refute with, 50 digits each, and how to name them: small exact ones of n pairs
    first, then those drawn."""
    sampler = subject.sampler
    for batch in exact_batches(n, unit=subject.unit):
        settings = sampler.settings_text(n, len(batch.h[0]))
        yield f"{settings}, {batch.text()}", sampler.exact_point(batch)
    for number, point in enumerate(batches(subject), 1):
        settings = sampler.settings_text(point.n, point.d)
        text = f"batch {number} of those drawn with seed {SEED} ({settings})"
        yield text, sampler.in_digits(point)


def sample(e: Expr, subject: Subject) -> Sample:
    """The values of e for every anchor i (and negative j) of the drawn batches, where defined."""
    free = free_indices(e)
    found: list[float] = []
    for point in batches(subject):
        ev = Evaluator(point)
        for at in _bindings(free, point):
            try:
                found.append(float(ev(e, at)))
            except (ZeroDivisionError, ValueError, OverflowError):
                continue
    return Sample(tuple(found))


def _bindings(free: frozenset[SampleIndex], point: Point) -> Iterator[Mapping[Expr, int]]:
    for i in range(point.n if ANCHOR in free else 1):
        for j in range(point.n if NEGATIVE in free else 1):
            if NEGATIVE not in free or i != j:
                yield {ANCHOR: i, NEGATIVE: j, FEATURE: 0}


def witness(e: Expr, s: Subject, holds: Callable[[Number], bool]) -> str | None:
    """A drawn batch, with i and j, at which e is as asked for with 50 digits; None if none is."""
    free = free_indices(e)
    for number, floats in enumerate(batches(s), 1):
        point = s.sampler.in_digits(floats)
        ev = Evaluator(point)
        for at in _bindings(free, point):
            try:
                found = ev(e, at)
            except (ZeroDivisionError, ValueError, OverflowError):
                continue
            if holds(found):
                named = {k: at[k] + 1 for k in (ANCHOR, NEGATIVE) if k in free}
                where = ", ".join(f"{k.name} = {x}" for k, x in named.items())
                settings = s.sampler.settings_text(point.n, point.d)
                drawn_as = f"batch {number} of those drawn with seed {SEED}"
                return f"{float(found):.6g} at {where} of {drawn_as} ({settings}), with 50 digits"
    return None
