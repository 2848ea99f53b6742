"""Numbers with 50 digits, and a batch made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import mpmath

mp = mpmath.MPContext()  # our own: the precision of mpmath's global context is not ours to set
mp.dps = 50

Number = Any  # mpmath has no types: a number of this context
Rows = tuple[tuple[Number, ...], ...]


@dataclass(frozen=True)
class Point:
    """One batch and one setting. h, h_prime: N rows of D numbers; values: by hyper-parameter;
    inputs: N labels, or N rows of M sample numbers."""

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

    def moved(self, sample: int, feature: int, by: Number) -> "Point":
        """The point with one number of h changed (and nothing re-normalised)."""
        rows = [list(row) for row in self.h]
        rows[sample][feature] += by
        return replace(self, h=tuple(map(tuple, rows)))
