"""The points at which losses are compared: the caller's, or our own draws."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from derive.errors import InputError

Draw = Callable[[int], tuple[Tensor, Tensor]]
SEEDS = 8  # of the caller's inputs


def unit(x: Tensor) -> Tensor:
    """Each row divided by its norm; a zero row stays."""
    return x / x.norm(dim=1, keepdim=True).clamp(min=1e-300)


@dataclass(frozen=True)
class Point:
    """h, h_prime: (N, D), rounded to the dtype that is audited, kept in float64.

    singular: where two right losses may have other gradients (equal points, ties) or other
    roundings: there gradients count where one side alone is not finite. undefined: a right loss
    may be not finite at all (a zero row has no direction): nothing there decides.
    """

    h: Tensor
    h_prime: Tensor
    label: str
    seed: int
    singular: bool = False
    undefined: bool = False

    @property
    def views(self) -> tuple[Tensor, Tensor]:
        return self.h, self.h_prime

    def at(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """The views in that dtype."""
        return self.h.to(dtype), self.h_prime.to(dtype)

    def near(self, size: float, generator: torch.Generator) -> "Point":
        """Moved by noise of that size, relative to the largest entry of each view."""
        moved = [
            x + size * x.abs().max() * torch.randn(x.shape, generator=generator, dtype=x.dtype)
            for x in self.views
        ]
        return Point(moved[0], moved[1], f"near {self.label}", self.seed)

    def moved(self, h: Tensor, h_prime: Tensor) -> "Point":
        return Point(h, h_prime, f"near {self.label}", self.seed)

    @property
    def is_unit(self) -> tuple[bool, bool]:
        """Per view, whether every row has norm 1 (within what rounding to float16 leaves)."""
        a, b = ((x.norm(dim=1) - 1).abs().max().item() < 1e-2 for x in self.views)
        return a, b


def given(inputs: Draw, dtype: torch.dtype, seed: int, count: int = SEEDS) -> Iterator[Point]:
    """The caller's draws at `count` seeds. Raises `InputError` where they are no two matrices."""
    for k in range(seed, seed + count):
        try:
            h, h_prime = inputs(k)
        except Exception as error:
            raise InputError(
                f"inputs({k}) raised {type(error).__name__}: {error}. "
                "It must return (h, h_prime), two (N, D) tensors."
            ) from error
        for name, x in (("h", h), ("h_prime", h_prime)):
            if not isinstance(x, Tensor) or x.ndim != 2 or not x.is_floating_point():
                got = tuple(x.shape) if isinstance(x, Tensor) else type(x).__name__
                raise InputError(
                    f"inputs({k}) gives {name} = {got}; it must be a floating-point tensor (N, D)."
                )
        yield rounded(h, h_prime, dtype, f"inputs({k})", k)


def rounded(
    h: Tensor, h_prime: Tensor, dtype: torch.dtype, label: str, seed: int, singular: bool = False
) -> Point:
    """A point at the nearest numbers of a dtype."""
    views = [x.detach().to(dtype).double() for x in (h, h_prime)]
    undefined = singular and not all(x.any(dim=1).all() for x in views)
    return Point(views[0], views[1], label, seed, singular, undefined)


def own(
    dtype: torch.dtype, seed: int, hyper: Mapping[str, Any], *, unit_only: bool = False
) -> Iterator[Point]:
    """Our own draws: ordinary regimes first, then singular ones. A tensor among the
    hyper-parameters that may be one of samples, of two entries at least, fixes N to its length."""
    fixed = [len(x) for x in hyper.values() if isinstance(x, Tensor) and x.ndim and len(x) > 1]
    for k, (label, n, d, draw, singular) in enumerate(_REGIMES):
        if unit_only and draw in _RAW:
            continue
        n = fixed[0] if fixed else n
        generator = torch.Generator().manual_seed(1000 * seed + k)
        h, h_prime = draw(n, d, generator)
        yield rounded(h, h_prime, dtype, f"{label}, N={n}, D={d}", seed + k, singular)


def _normal(n: int, d: int, g: torch.Generator) -> Tensor:
    return torch.randn(n, d, generator=g, dtype=torch.float64)


def _independent(n: int, d: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    return unit(_normal(n, d, g)), unit(_normal(n, d, g))


def _paired(n: int, d: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    h = unit(_normal(n, d, g))
    return h, unit(h + 0.5 * _normal(n, d, g))


def _narrow(n: int, d: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    axis = _normal(1, d, g)
    return unit(axis + 0.1 * _normal(n, d, g)), unit(axis + 0.1 * _normal(n, d, g))


def _antipodal(n: int, d: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    h = unit(_normal(n, d, g))
    return h, unit(-h + 0.1 * _normal(n, d, g))


def _opposed(n: int, d: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    h = unit(_normal(n, d, g))
    return h, unit(-0.5 * h + 0.5 * _normal(n, d, g))


def _raw(n: int, d: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    z = _normal(n, d, g)
    return 1.2 * z + 0.5 * _normal(n, d, g) + 0.3, 1.7 * z + 0.8 * _normal(n, d, g) - 0.6


def _small(n: int, d: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    h, h_prime = _raw(n, d, g)
    return 0.25 * h, 0.2 * h_prime


def _misranked(n: int, d: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    h, h_prime = _raw(n, d, g)
    return 100 * h, 100 * h_prime.roll(1, 0)


def _duplicates(n: int, d: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    h, h_prime = _paired(n, d, g)
    return h[torch.arange(n) // 2 * 2], h_prime


def _coincident(n: int, d: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    h, h_prime = _paired(n, d, g)
    h_prime[:2] = h[0]
    return h, h_prime


def _basis(n: int, d: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    h = torch.eye(max(n, d), dtype=torch.float64)[:n, :d]
    h = torch.where(h.sum(dim=1, keepdim=True) == 0, torch.eye(1, d, dtype=h.dtype), h)
    return h, h.clone()


def _zero(n: int, d: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    h, h_prime = _paired(n, d, g)
    h[0] = 0
    return h, h_prime


_RAW = (_raw, _small, _misranked)
_REGIMES: tuple[tuple[str, int, int, Any, bool], ...] = (
    ("unit rows, paired", 6, 5, _paired, False),
    ("unit rows, independent", 8, 3, _independent, False),
    ("unit rows, positives opposed", 6, 4, _opposed, False),
    ("unit rows, nearly antipodal", 4, 6, _antipodal, False),
    ("unit rows, narrow cone", 6, 4, _narrow, False),
    ("raw rows", 6, 5, _raw, False),
    ("raw rows of small variance", 8, 4, _small, False),
    ("unit rows, more features than rows", 4, 12, _paired, False),
    ("unit rows, many features", 6, 256, _independent, False),
    ("two pairs", 2, 3, _paired, False),
    ("an odd batch", 7, 5, _paired, False),
    ("many rows", 300, 8, _independent, False),
    ("large raw rows, mis-ranked", 6, 5, _misranked, True),
    ("duplicates among h", 6, 5, _duplicates, True),
    ("coincident pairs", 6, 5, _coincident, True),
    ("orthonormal rows", 5, 5, _basis, True),
    ("a zero row", 6, 5, _zero, True),
)
