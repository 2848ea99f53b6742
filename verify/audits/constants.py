"""Numbers that depend on the batch size, read as expressions of N and D.

A factor or a constant seen at several shapes is looked for in a table, the simplest first. Shapes
differ, so that no two entries agree on all of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import log

Sizes = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Factor:
    """text: as an expression; values: at each of the shapes; cost: how far from plain 1."""

    text: str
    values: tuple[float, ...]
    cost: int


ONE = "1"
_COUNTS = {
    "1": (0, lambda n, d: 1.0),
    "N": (1, lambda n, d: n),
    "1/N": (1, lambda n, d: 1 / n),
    "D": (1, lambda n, d: d),
    "1/D": (1, lambda n, d: 1 / d),
    "(N − 1)": (2, lambda n, d: n - 1),
    "1/(N − 1)": (2, lambda n, d: 1 / (n - 1)),
    "N/(N − 1)": (2, lambda n, d: n / (n - 1)),
    "(N − 1)/N": (2, lambda n, d: (n - 1) / n),
    "N²": (2, lambda n, d: n * n),
    "1/N²": (2, lambda n, d: 1 / n**2),
    "N(N − 1)": (3, lambda n, d: n * (n - 1)),
    "1/(N(N − 1))": (3, lambda n, d: 1 / (n * (n - 1))),
    "(N/(N − 1))²": (3, lambda n, d: (n / (n - 1)) ** 2),
    "((N − 1)/N)²": (3, lambda n, d: ((n - 1) / n) ** 2),
    "(2N − 1)/N": (3, lambda n, d: (2 * n - 1) / n),
    "N/(2N − 1)": (3, lambda n, d: n / (2 * n - 1)),
    "√D": (2, lambda n, d: d**0.5),
    "1/√D": (2, lambda n, d: d**-0.5),
    "D²": (3, lambda n, d: d * d),
    "1/D²": (3, lambda n, d: 1 / d**2),
    "N/D": (3, lambda n, d: n / d),
    "1/(ND)": (3, lambda n, d: 1 / (n * d)),
    "ND": (3, lambda n, d: n * d),
}
_NUMBERS = {"": (0, 1.0), "2": (1, 2.0), "1/2": (1, 0.5), "4": (2, 4.0), "1/4": (2, 0.25)}
_LOGARITHMS = {
    "log N": lambda n, d: log(n),
    "log(N − 1)": lambda n, d: log(n - 1),
    "log 2": lambda n, d: log(2),
    "log(2N)": lambda n, d: log(2 * n),
    "log(2N − 1)": lambda n, d: log(2 * n - 1),
    "log(2N − 2)": lambda n, d: log(2 * n - 2),
    "log(N(N − 1))": lambda n, d: log(n * (n - 1)),
    "log(N²)": lambda n, d: 2 * log(n),
    "1": lambda n, d: 1.0,
    "2": lambda n, d: 2.0,
}


def factor(
    sizes: Sizes, seen: Sequence[float], hyper: Mapping[str, float], tolerance: float
) -> Factor | None:
    """The simplest factor that takes these values at these shapes.

    hyper: constants that may occur (τ). None where no entry does and the values are not constant.
    """
    for found in _products(sizes, hyper):
        if _agree(found.values, seen, tolerance):
            return found
    if _agree([seen[0]] * len(seen), seen, tolerance):
        return Factor(number(seen[0]), (seen[0],) * len(seen), 6)
    return None


def _products(sizes: Sizes, hyper: Mapping[str, float]) -> Iterator[Factor]:
    scales: dict[str, tuple[int, float]] = {"": (0, 1.0)}
    for name, value in hyper.items():
        if value:
            scales |= {name: (2, value), f"1/{name}": (2, 1 / value)}
    found = []
    for (count, (c, f)), (digit, (k, x)), (scale, (s, y)), sign in product(
        _COUNTS.items(), _NUMBERS.items(), scales.items(), (1, -1)
    ):
        values = tuple(sign * x * y * float(f(n, d)) for n, d in sizes)
        parts = [t for t in (digit, scale, "" if count == "1" else count) if t]
        text = ("−" if sign < 0 else "") + (" · ".join(parts) or ONE)
        found.append(Factor(text, values, c + k + s + (sign < 0)))
    return iter(sorted(found, key=lambda x: x.cost))


def offset(sizes: Sizes, seen: Sequence[float], scale: Factor, tolerance: float) -> Factor | None:
    """The constant that is added, at these shapes: ±log N and the like, or a number.

    scale: the factor of the loss, which may multiply the constant too. None where it is neither.
    """
    for (name, f), by, sign in product(_LOGARITHMS.items(), (None, scale), (1, -1)):
        factors = by.values if by else (1.0,) * len(seen)
        values = tuple(sign * x * float(f(n, d)) for x, (n, d) in zip(factors, sizes, strict=True))
        if _close(values, seen, tolerance):
            text = name if by is None or by.text == ONE else f"{by.text} · {name}"
            return Factor(("−" if sign < 0 else "") + text, values, 2)
    if _close([seen[0]] * len(seen), seen, tolerance):
        return Factor(number(seen[0]), (seen[0],) * len(seen), 3)
    by_sizes: dict[tuple[int, int], float] = {}
    for at, value in zip(sizes, seen, strict=True):
        if abs(by_sizes.setdefault(at, value) - value) > tolerance * (1 + abs(value)):
            return None
    if len(by_sizes) == len(sizes):
        return None  # no shape was seen twice: nothing says that it is a constant
    return Factor("a constant of N and D", tuple(seen), 5)


def _agree(values: Sequence[float], seen: Sequence[float], tolerance: float) -> bool:
    pairs = zip(values, seen, strict=True)
    return all(abs(x - y) <= tolerance * max(abs(x), abs(y)) for x, y in pairs)


def _close(values: Sequence[float], seen: Sequence[float], tolerance: float) -> bool:
    return all(abs(x - y) <= tolerance * (1 + abs(y)) for x, y in zip(values, seen, strict=True))


def number(x: float) -> str:
    """A number as people write it: a short decimal, a fraction, or six digits."""
    short = f"{x:.4g}"
    if abs(float(short) - x) <= 1e-9 * abs(x):
        return short.replace("-", "−")
    simple = Fraction(x).limit_denominator(100)
    if simple and abs(float(simple) - x) <= 1e-9 * abs(x):
        return str(simple).replace("-", "−")
    return f"{x:.6g}".replace("-", "−")
