"""When a difference is one: against what rounding may do, and a stated floor.

tolerance = SAFETY·(spread of f + spread of g) + floor·size, the same for values and gradients.
The spreads are those of `rounding`. The floor is √eps in float64 (half of the digits; what is
smaller but more than rounding, such as an ε of 1e-10 in a denominator, is a note), and
LOW·eps in lower precision, where a difference of the formulas is looked for in float64.
"""

from dataclasses import dataclass
from functools import cached_property

import torch

from verify.audits.calls import BlackBox, Outcome
from verify.audits.points import Point
from verify.audits.rounding import Spread, spread

SAFETY = 5.0
LOW = 4.0
NOISY = 1e3  # times the other's spread: then one side's noise is no excuse
VISIBLE = 1e-2  # of the size: rounding that a user sees


@dataclass(frozen=True)
class Sizes:
    """Norms of a value and of the two gradients, or of their differences."""

    value: float
    by_h: float
    by_h_prime: float

    @property
    def all(self) -> tuple[float, float, float]:
        return self.value, self.by_h, self.by_h_prime


@dataclass(frozen=True)
class Scale:
    """The tolerance of two losses at a point in a dtype. The spreads are measured on demand."""

    f: BlackBox
    g: BlackBox
    point: Point
    dtype: torch.dtype

    @property
    def eps(self) -> float:
        return torch.finfo(self.dtype).eps

    @property
    def floor(self) -> float:
        """Relative."""
        return max(torch.finfo(torch.float64).eps ** 0.5, LOW * self.eps)

    @cached_property
    def spreads(self) -> tuple[Spread, Spread]:
        p = self.point
        first, second = (spread(x, *p.views, self.eps, seed=p.seed) for x in (self.f, self.g))
        return first, second

    def of_rounding(self, sizes: Sizes) -> tuple[float, ...]:
        """What rounding may do, of a value and of each gradient."""
        a, b = self.spreads
        spreads = ((a.value, b.value), (a.by_h, b.by_h), (a.by_h_prime, b.by_h_prime))
        return tuple(
            SAFETY * (_excused(*pair, size) + self.eps * size)
            for pair, size in zip(spreads, sizes.all, strict=True)
        )

    def exceeded(self, difference: Sizes, sizes: Sizes) -> tuple[bool, bool, bool]:
        """Of the value and of each gradient."""
        # A gradient that cancels is as exact as the larger one allows.
        total = 1e-3 * self.floor * max(sizes.by_h, sizes.by_h_prime)
        floors = [self.floor * sizes.value, *(self.floor * x + total for x in sizes.all[1:])]
        pairs = list(zip(difference.all, floors, strict=True))
        if all(x <= y for x, y in pairs):
            return False, False, False
        bounds = self.of_rounding(sizes)
        over = [x > y + z for (x, y), z in zip(pairs, bounds, strict=True)]
        return over[0], over[1], over[2]


def _excused(a: float, b: float, size: float) -> float:
    """The sum of the spreads, but the lesser alone where one side is far noisier and it shows."""
    low, high = sorted((a, b))
    if high > NOISY * low and SAFETY * high > VISIBLE * size and SAFETY * NOISY * low < size:
        return 2 * low
    return low + high


def sizes_of(a: Outcome, b: Outcome) -> Sizes:
    """The larger of both, of each."""
    norms = [max(_norm(x), _norm(y)) for x, y in zip(a.parts, b.parts, strict=True)]
    return Sizes(norms[0], norms[1], norms[2])


def difference_of(a: Outcome, b: Outcome) -> Sizes:
    """Of the entries that are finite on both sides."""
    norms = [_norm(x - y) for x, y in zip(a.parts, b.parts, strict=True)]
    return Sizes(norms[0], norms[1], norms[2])


def _norm(x: torch.Tensor) -> float:
    return x[x.isfinite()].norm().item()
