"""Batches for the pairs, and what a pair is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

Draw = Callable[[int], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Pair:
    """Two losses f(h, h', **hyper), how they are called, and the kind of a difference."""

    name: str
    f: Callable[..., Any]
    g: Callable[..., Any]
    inputs: Draw
    kind: str = ""
    hyper: dict[str, Any] = field(default_factory=dict)
    dtype: torch.dtype = torch.float64


def unit(x: Tensor) -> Tensor:
    return x / x.norm(dim=-1, keepdim=True)


def _noise(seed: int, n: int, d: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed + 31)
    return list(torch.randn(4, n, d, generator=generator, dtype=torch.float64))


def sphere(seed: int, n: int = 6, d: int = 4) -> tuple[Tensor, Tensor]:
    a, b, *_ = _noise(seed, n, d)
    return unit(a), unit(a + 0.8 * b)


def even(seed: int) -> tuple[Tensor, Tensor]:
    return sphere(seed, 8, 5)


def crowd(seed: int) -> tuple[Tensor, Tensor]:
    return sphere(seed, 300, 8)


def wide(seed: int) -> tuple[Tensor, Tensor]:
    a, b, *_ = _noise(seed, 6, 256)
    return unit(a), unit(b)


def raw(seed: int) -> tuple[Tensor, Tensor]:
    a, b, c, _ = _noise(seed, 7, 4)
    return 1.4 * a + 0.5 * b + 0.3, 1.9 * a + 0.8 * c - 0.9


def large(seed: int) -> tuple[Tensor, Tensor]:
    h, h_prime = raw(seed)
    return 60 * h, 60 * h_prime.roll(1, 0)


def opposed(seed: int) -> tuple[Tensor, Tensor]:
    a, b, *_ = _noise(seed, 6, 4)
    return unit(a), unit(-0.6 * a + 0.5 * b)


def opposite(seed: int) -> tuple[Tensor, Tensor]:
    a, *_ = _noise(seed, 5, 6)
    return unit(a), unit(-a)


def basis(seed: int) -> tuple[Tensor, Tensor]:
    h = torch.eye(5, dtype=torch.float64)
    return h.clone(), h.clone()


def doubled(seed: int) -> tuple[Tensor, Tensor]:
    """Each row of both views twice: exact ties."""
    h, h_prime = sphere(seed)
    keep = torch.arange(6) // 2 * 2
    return h[keep], h_prime[keep]


def touching(seed: int) -> tuple[Tensor, Tensor]:
    """Equal pairs: h_0 = h'_0 = h'_1."""
    h, h_prime = sphere(seed)
    h_prime[:2] = h[0]
    return h, h_prime


def empty_row(seed: int) -> tuple[Tensor, Tensor]:
    h, h_prime = sphere(seed)
    h[2] = 0
    return h, h_prime


def near_perfect(seed: int) -> tuple[Tensor, Tensor]:
    """Positives at a distance of 1e-3: a loss near its floor."""
    a, b, *_ = _noise(seed, 6, 8)
    return unit(a), unit(a + 1e-3 * b)
