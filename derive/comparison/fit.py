"""a = f·b + c through numbers: what two lists of values say about a factor and a constant."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Fit:
    """One factor and one constant for one setting of sizes and hyper-parameters."""

    factor: float
    constant: float


def affine(a: Sequence[float], b: Sequence[float]) -> Fit | None:
    """The fit, if every pair of numbers is on one line that is neither level nor upright."""
    if not all(map(isfinite, (*a, *b))):
        return None
    low, high = min(range(len(b)), key=b.__getitem__), max(range(len(b)), key=b.__getitem__)
    spread = max(map(abs, b))
    if b[high] - b[low] <= _TOLERANCE * spread or b[high] == b[low]:
        return None
    factor = (a[high] - a[low]) / (b[high] - b[low])
    constant = a[low] - factor * b[low]
    scale = max(abs(x) + abs(factor * y) for x, y in zip(a, b, strict=True))
    if abs(factor) * spread <= _TOLERANCE * max(map(abs, a), default=0.0) or factor == 0:
        return None
    close = (
        abs(x - factor * y - constant) <= _TOLERANCE * scale for x, y in zip(a, b, strict=True)
    )
    return Fit(factor, constant) if all(close) else None


def off_line(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether three pairs of numbers are clearly on no line: the cheap half of `affine`."""
    left, right = (a[1] - a[0]) * (b[2] - b[0]), (a[2] - a[0]) * (b[1] - b[0])
    noise = _TOLERANCE * (max(map(abs, a)) * max(map(abs, b)))
    return abs(left - right) > 1e-6 * max(abs(left), abs(right)) + noise


def same(x: float, y: float, scale: float = 1.0) -> bool:
    return abs(x - y) <= 1e-7 * max(abs(x), abs(y), scale * 1e-2)
