"""Slopes by finite differences, with their error, against autograd's.

Along a direction v, (f(x + tv) − f(x − tv))/2t and its double step give a slope of fourth order;
over a ladder of steps t, the two neighbours that agree best give the slope and its error
(Ridders 1982). A kink or float32 inside only makes the error large.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, isfinite

import torch
from torch import Tensor

from verify.audits.calls import BlackBox, Outcome
from verify.audits.frozen import Cuts
from verify.audits.points import Point
from verify.audits.rounding import spread

STEPS = (1e-3, 4e-4, 1e-4, 2e-5, 4e-6, 1e-6)  # of the rows' size
SURE = 20.0  # a slope is wrong when it is off by this many times its error
ENOUGH = 1e-6  # of the gradient: no smaller step is tried
EPS = torch.finfo(torch.float64).eps
RELATIVE = 1e-4  # and by this share of the gradient's norm


@dataclass(frozen=True)
class Slope:
    """by_differences along `direction`, its error (∞: not smooth), and autograd's."""

    by_differences: float
    error: float
    by_autograd: float
    size: float

    @property
    def is_smooth(self) -> bool:
        return self.error <= 1e-3 * max(abs(self.by_differences), self.size)

    @property
    def disagrees(self) -> bool:
        """Beyond its own error and beyond a share of the gradient."""
        gap = abs(self.by_differences - self.by_autograd)
        return self.is_smooth and gap > SURE * self.error + RELATIVE * self.size

    @property
    def agrees(self) -> bool:
        return self.is_smooth and not self.disagrees


def slope(
    f: BlackBox, point: Point, along: tuple[Tensor, Tensor], outcome: Outcome, *, freeze: bool
) -> Slope:
    """In float64. along: (N, D) each, of joint norm 1. outcome: the loss at the point. freeze:
    whether stop-gradients keep the values they have at the point."""
    grads = outcome.gradients
    autograd = sum((g * v).sum().item() for g, v in zip(grads, along, strict=True))
    size = max(sum(g.norm().item() ** 2 for g in grads) ** 0.5, abs(autograd))
    recorded = record(f, point) if freeze else None
    scale = max(x.norm().item() for x in point.views) / point.h.shape[0] ** 0.5

    def value(t: float) -> float:
        views = [x + t * v for x, v in zip(point.views, along, strict=True)]
        mode = Cuts(recorded) if recorded is not None else None
        found = f(views[0], views[1], seed=point.seed, mode=mode)
        if found.error or (mode is not None and mode.changed):
            return inf
        return found.number

    best, error, step = _steadiest(value, max(scale, 1e-3), size)
    found = Slope(best, error, autograd, size)
    if not found.disagrees:
        return found
    return replace(found, error=error + _noise(f, point) / step)


def _noise(f: BlackBox, point: Point) -> float:
    """What float64 rounds inside the loss: two estimates may agree on it by chance, where most
    digits cancel. Of what computes in a shorter dtype, nothing is said."""
    found = spread(f, *point.views, EPS, seed=point.seed)
    return found.value if found.inside <= EPS else 0.0


def directions(point: Point, outcome: Outcome, seed: int) -> list[tuple[Tensor, Tensor]]:
    """Directions of joint norm 1: of h alone, of h' alone, along each row, and of both."""
    generator = torch.Generator().manual_seed(seed)
    a, b = (torch.randn(x.shape, generator=generator, dtype=torch.float64) for x in point.views)
    zero = torch.zeros_like(a)
    radial = [x * torch.randn(len(x), 1, generator=generator, dtype=x.dtype) for x in point.views]
    pairs = [(a, zero), (zero, b), (radial[0], radial[1])]
    if sum(g.norm().item() for g in outcome.gradients) > 0:
        pairs.append(outcome.gradients)
    return [p for p in map(_normed, pairs) if p is not None]


def _normed(pair: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor] | None:
    norm = sum(x.norm().item() ** 2 for x in pair) ** 0.5
    return (pair[0] / norm, pair[1] / norm) if isfinite(norm) and norm > 0 else None


def record(f: BlackBox, point: Point) -> Cuts:
    """The stop-gradients of the call at the point."""
    cuts = Cuts()
    f(*point.views, seed=point.seed, mode=cuts)
    return cuts


def _fourth_order(value: Callable[[float], float], t: float) -> float:
    near, far = value(t) - value(-t), value(2 * t) - value(-2 * t)
    return float((8 * near - far) / (12 * t))


def _steadiest(
    value: Callable[[float], float], scale: float, size: float
) -> tuple[float, float, float]:
    """The estimate nearest to its neighbour, their distance, and its step; smaller steps while it
    is far.

    Where a step has moved the value, one that does not move it at all says nothing: inside, the
    loss rounds to a lower precision.
    """
    best, error, last, moved, at = 0.0, inf, inf, False, inf
    for step in STEPS:
        found = _fourth_order(value, step * scale)
        moved = moved or (isfinite(found) and found != 0)
        if moved and found == 0:
            break
        if isfinite(found) and isfinite(last) and abs(found - last) <= error:
            best, error, at = found, abs(found - last), step * scale
        if error <= ENOUGH * size:
            break
        last = found
    return best, error, at
