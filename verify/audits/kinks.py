"""At a kink or a tie several gradients are right: those in the hull of the gradients nearby.

Two losses that agree nearby and whose gradients at the point both lie in that hull differ only in
the choice; one that counts a tie twice, or drops it, lies outside.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from verify.audits.calls import BlackBox, Outcome
from verify.audits.points import Point, unit

NEAR = 1e-6  # of the largest entry: how far away "nearby" is
NEIGHBOURS = 10
ROUNDS = 60  # of adding vertices to the hull
INSIDE = 1e-3  # of the gradient's size: a distance from the hull that is none
AGREE = 1e-4  # of the size: nearby, values and gradients agree


@dataclass(frozen=True)
class Kink:
    """agree: whether the losses agree nearby. outside: per loss, its gradient's distance from the
    hull of those nearby, relative to its size; None where it was not looked for."""

    agree: bool
    outside: tuple[float, float] | None = None

    @property
    def harmless(self) -> bool:
        return self.agree and self.outside is not None and max(self.outside) <= INSIDE


def look(
    f: BlackBox, g: BlackBox, point: Point, at_f: Outcome, at_g: Outcome, *, along: bool = False
) -> Kink:
    """In float64, at a point where the values agree and the gradients do not. along: compare on
    the sphere alone, for unit rows: nearby rows are unit, gradients tangent."""
    generator = torch.Generator().manual_seed(point.seed)
    nearby = [_near(point, generator, along) for _ in range(NEIGHBOURS)]
    pairs = [(_at(f, p, along), _at(g, p, along)) for p in nearby]
    if not all(agree(a, b) for a, b in pairs):
        return Kink(agree=False)
    goals = [_flat(tangent(x, point) if along else x) for x in (at_f, at_g)]
    vertices = [_flat(b) for _, b in pairs]
    size = max(x.norm().item() for x in (*goals, *vertices))
    outside = [_distance(g, point, x, vertices, size, along) / size for x in goals]
    return Kink(agree=True, outside=(outside[0], outside[1]))


def tangent(x: Outcome, point: Point) -> Outcome:
    """The gradients without their part along each row."""
    units = [unit(v) for v in point.views]
    parts = [
        g - (g * u).sum(dim=1, keepdim=True) * u for g, u in zip(x.gradients, units, strict=True)
    ]
    return replace(x, by_h=parts[0], by_h_prime=parts[1])


def _near(point: Point, generator: torch.Generator, along: bool) -> Point:
    p = point.near(NEAR, generator)
    return p.moved(unit(p.h), unit(p.h_prime)) if along else p


def is_smooth(f: BlackBox, point: Point, outcome: Outcome) -> bool:
    """Whether the gradients nearby are those at the point."""
    generator = torch.Generator().manual_seed(point.seed + 1)
    found = [_at(f, point.near(NEAR, generator)) for _ in range(4)]
    return all(agree(outcome, x, slack=1e-3) for x in found)


def _at(f: BlackBox, p: Point, along: bool = False) -> Outcome:
    outcome = f(*p.views, seed=p.seed)
    return tangent(outcome, p) if along and not outcome.error else outcome


def agree(a: Outcome, b: Outcome, slack: float = AGREE) -> bool:
    """Values and gradients, to a share of the gradients' size."""
    if not (a.is_finite and b.is_finite):
        return False
    x, y = _flat(a), _flat(b)
    size = max(x.norm().item(), y.norm().item())
    return (x - y).norm().item() <= slack * size and abs(a.number - b.number) <= slack * max(
        abs(a.number), abs(b.number), size
    )


def _flat(x: Outcome) -> Tensor:
    return torch.cat([g.reshape(-1) for g in x.gradients])


def _distance(
    f: BlackBox, point: Point, goal: Tensor, first: list[Tensor], size: float, along: bool
) -> float:
    """From the hull of the gradients nearby: vertices are added in the direction of the residual,
    both ways (a maximum has its extreme gradient ahead, a minimum behind)."""
    vertices = list(first)
    generator = torch.Generator().manual_seed(point.seed + 2)
    for _ in range(ROUNDS):
        rest = goal - nearest(torch.stack(vertices), goal)
        gap = rest.norm().item()
        if gap <= INSIDE * size:
            return gap
        found = [_flat(x) for x in _ahead(f, point, rest / gap, generator, along) if x.is_finite]
        vertices += found
    return (goal - nearest(torch.stack(vertices), goal)).norm().item()


def _ahead(
    f: BlackBox, point: Point, v: Tensor, generator: torch.Generator, along: bool
) -> list[Outcome]:
    shape = point.h.shape
    a, b = v[: point.h.numel()].reshape(shape), v[point.h.numel() :].reshape(shape)
    scale = NEAR * max(x.abs().max().item() for x in point.views) * v.numel() ** 0.5
    out = []
    for sign in (1, -1):
        p = point.moved(point.h + sign * scale * a, point.h_prime + sign * scale * b)
        out.append(_at(f, p.near(NEAR / 100, generator), along))
    return out


def nearest(vertices: Tensor, goal: Tensor) -> Tensor:
    """The point of the hull nearest to the goal. vertices: (K, M); goal: (M,).

    Least squares over the simplex by an active set: Lawson and Hanson 1974, with a heavy row that
    makes the weights add up to 1.
    """
    heavy = 1e3 * max(vertices.norm(dim=1).max().item(), goal.norm().item(), 1e-30)
    one = torch.full((len(vertices), 1), heavy, dtype=vertices.dtype)
    a = torch.cat([vertices, one], dim=1).T  # (M + 1, K)
    b = torch.cat([goal, goal.new_tensor([heavy])])
    weights = _nonnegative(a / heavy, b / heavy)
    return (weights / weights.sum().clamp(min=1e-300)) @ vertices


def _nonnegative(a: Tensor, b: Tensor) -> Tensor:
    """min ‖ax − b‖ over x ≥ 0."""
    x = torch.zeros(a.shape[1], dtype=a.dtype)
    free = torch.zeros(a.shape[1], dtype=torch.bool)
    for _ in range(3 * a.shape[1]):
        pull = (a.T @ (b - a @ x)).masked_fill(free, -torch.inf)
        if pull.max().item() <= 1e-13:
            break
        free[pull.argmax()] = True
        for _ in range(a.shape[1]):
            y = torch.zeros_like(x)
            y[free] = torch.linalg.lstsq(a[:, free], b[:, None], driver="gelsd").solution[:, 0]
            bad = free & (y <= 0)
            if not bad.any():
                break
            step = (x[bad] / (x[bad] - y[bad]).clamp(min=1e-300)).min()
            x = x + step * (y - x)
            free &= x > 1e-12
            x = torch.where(free, x, 0.0)
        x = torch.where(free, y, 0.0)
    return x
