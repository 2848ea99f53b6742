"""A ratio of two losses, or of their gradients, as an expression that a reader knows."""

from collections.abc import Iterator
from fractions import Fraction
from math import isclose, log, pi

from torch import Tensor


def ratio(a: Tensor, b: Tensor) -> float | None:
    """c where a = c·b to 1e-6, or None."""
    size = (b * b).sum().item()
    if size == 0:
        return None
    c = (a * b).sum().item() / size
    return c if (a - c * b).norm().item() <= 1e-6 * max(a.norm().item(), 1e-300) else None


def named(value: float, n: int, d: int) -> str:
    """1/2, N, 1/N, N/(N−1), … where the number is one of those, or six digits of it."""
    for text, number in _known(n, d):
        for sign, prefix in ((1, ""), (-1, "−")):
            if isclose(value, sign * number, rel_tol=1e-6):
                return prefix + text
    return f"{value:.6g}"


def _known(n: int, d: int) -> Iterator[tuple[str, float]]:
    for q in range(1, 5):
        for p in range(1, 5):
            if Fraction(p, q).denominator == q:
                yield (str(p) if q == 1 else f"{p}/{q}"), p / q
    yield from (("N", n), ("1/N", 1 / n), ("2N", 2 * n), ("1/(2N)", 1 / (2 * n)))
    yield from (("D", d), ("1/D", 1 / d), ("N²", n * n), ("1/N²", 1 / n**2))
    if n > 1:
        yield from (("N/(N−1)", n / (n - 1)), ("(N−1)/N", (n - 1) / n))
        yield from (("N−1", n - 1), ("1/(N−1)", 1 / (n - 1)), ("N(N−1)", n * (n - 1)))
    yield from (
        ("N·D", n * d),
        ("1/(N·D)", 1 / (n * d)),
        ("log 2", log(2)),
        ("1/log 2", 1 / log(2)),
    )
    yield from (("π", pi), ("10", 10), ("1/10", 0.1), ("100", 100), ("1/100", 0.01))
    yield from (("N/D", n / d), ("D/N", d / n), ("√D", d**0.5), ("1/√D", d**-0.5))
