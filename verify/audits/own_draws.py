"""Batches for a loss that is compared by its name, and for a first call. Seeded; torch alone."""

from collections.abc import Callable

import torch
from torch import Tensor

SHAPES = ((6, 5), (5, 4), (8, 4), (4, 7), (12, 6), (3, 3))
NOISES = (0.6, 1.5, 0.3)  # of the positives: usual, mis-ranked, and easy ones


def usual(*, unit: bool) -> Callable[[int], tuple[Tensor, Tensor]]:
    """inputs(seed) → pairs (h, h'), float64: unit rows, or raw ones of other means and scales."""

    def inputs(seed: int) -> tuple[Tensor, Tensor]:
        n, d = SHAPES[seed % len(SHAPES)]
        return pairs(n, d, NOISES[seed % len(NOISES)], seed, unit=unit)

    return inputs


def unit_rows(seed: int) -> tuple[Tensor, Tensor]:
    """Small batches of unit rows, as FUNC of --inputs: for a loss that compares pairs of pairs."""
    return usual(unit=True)(seed)


def pairs(n: int, d: int, noise: float, seed: int, *, unit: bool) -> tuple[Tensor, Tensor]:
    """N pairs in R^D, each view with noise of its own around what the two share."""
    generator = torch.Generator().manual_seed(seed)
    first, second, third = torch.randn(3, n, d, generator=generator, dtype=torch.float64).unbind()
    h, h_prime = first, first + noise * second
    if unit:
        return _rows(h), _rows(h_prime)
    shift = 0.2 * third[:1]
    return 1.3 * h + shift, 1.7 * h_prime - 2 * shift


def _rows(x: Tensor) -> Tensor:
    return x / x.norm(dim=1, keepdim=True)
