"""Relations that need no reference: what leaves the loss as it is, and its gradient with it.

A value that is invariant under a linear map of the inputs has an equivariant gradient. Where the
value is invariant to the order of the pairs (or to a rotation) and the gradient is not, part of
the batch does not train: that is a bug. An invariance that is missing is a note.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from verify.audits import kinks
from verify.audits.backward import Seen
from verify.audits.calls import BlackBox, Outcome
from verify.audits.points import Point
from verify.audits.report import Finding

LOOKED = 2
SAME = 1e-6  # relative: float32 inside rounds to 1e-7


@dataclass(frozen=True)
class Symmetry:
    """moved: the views after the move. back: the gradients there, moved back; None where only
    values are compared. decides: whether a gradient that does not follow is a bug."""

    name: str
    moved: Callable[[Point], tuple[Tensor, Tensor]]
    back: Callable[[Point, tuple[Tensor, Tensor]], tuple[Tensor, Tensor]] | None = None
    decides: bool = False


def _order(p: Point) -> Tensor:
    return torch.randperm(len(p.h), generator=torch.Generator().manual_seed(p.seed + 11))


def _rotation(p: Point) -> Tensor:
    g = torch.Generator().manual_seed(p.seed + 12)
    noise = torch.randn(p.h.shape[1], p.h.shape[1], generator=g, dtype=torch.float64)
    return torch.linalg.qr(noise).Q


def _shift(p: Point) -> Tensor:
    g = torch.Generator().manual_seed(p.seed + 13)
    return 0.3 * torch.randn(1, p.h.shape[1], generator=g, dtype=torch.float64)


def _radii(p: Point, k: int) -> Tensor:
    g = torch.Generator().manual_seed(p.seed + 14 + k)
    return 0.5 + torch.rand(len(p.h), 1, generator=g, dtype=torch.float64)


def _unsort(p: Point, grads: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    back = _order(p).argsort()
    return grads[0][back], grads[1][back]


SYMMETRIES = (
    Symmetry(
        "the order of the pairs",
        lambda p: (p.h[_order(p)], p.h_prime[_order(p)]),
        _unsort,
        decides=True,
    ),
    Symmetry(
        "rotations",
        lambda p: (p.h @ _rotation(p), p.h_prime @ _rotation(p)),
        lambda p, g: (g[0] @ _rotation(p).T, g[1] @ _rotation(p).T),
        decides=True,
    ),
    Symmetry("exchange of the views", lambda p: (p.h_prime, p.h), lambda p, g: (g[1], g[0])),
    Symmetry("a common shift", lambda p: (p.h + _shift(p), p.h_prime + _shift(p))),
    Symmetry("the rows' lengths", lambda p: (p.h * _radii(p, 0), p.h_prime * _radii(p, 1))),
    Symmetry("a batch given twice", lambda p: (p.h.repeat(2, 1), p.h_prime.repeat(2, 1))),
)  # fmt: skip


def findings(f: BlackBox, seen: Seen) -> list[Finding]:
    """seen: points and finite outcomes in float64."""
    smooth = [(p, o) for p, o in seen if len(p.h) > 2 and kinks.is_smooth(f, p, o)][:LOOKED]
    holds: list[str] = []
    fails: list[str] = []
    out = []
    for symmetry in SYMMETRIES:
        found = [_holds(f, symmetry, p, o) for p, o in smooth]
        if not found or any(x is None for x in found):
            continue
        pairs = [x for x in found if x is not None]
        invariant, equivariant = all(x[0] for x in pairs), all(x[1] for x in pairs)
        (holds if invariant else fails).append(symmetry.name)
        if invariant and not equivariant:
            out.append(_broken(symmetry, smooth))
    if holds or fails:
        out.append(_told(holds, fails))
    return out + _direction(smooth)


def _holds(f: BlackBox, symmetry: Symmetry, p: Point, o: Outcome) -> tuple[bool, bool] | None:
    """Whether the value is the same after the move, and whether the gradient moved along."""
    moved = f(*symmetry.moved(p), seed=p.seed)
    if not moved.is_finite:
        return None
    size = max(abs(o.number), abs(moved.number), 1e-30)
    invariant = abs(o.number - moved.number) <= SAME * size
    if symmetry.back is None or not invariant:
        return invariant, True
    back = symmetry.back(p, moved.gradients)
    gap = sum((a - b).norm().item() ** 2 for a, b in zip(back, o.gradients, strict=True)) ** 0.5
    total = sum(g.norm().item() ** 2 for g in o.gradients) ** 0.5
    return True, gap <= 1e-3 * total


def _broken(symmetry: Symmetry, smooth: Seen) -> Finding:
    points = {"points": [p.label for p, _ in smooth]}
    if not symmetry.decides:  # a stop-gradient on one view may be meant
        text = f"the value is invariant to {symmetry.name}, its gradient is not"
        return Finding("note", "symmetry", text, points)
    text = f"the value does not depend on {symmetry.name}, but the gradient does"
    why = "part of the batch is cut off from it, or its backward is wrong"
    return Finding("bug" if len(smooth) > 1 else "note", "symmetry", f"{text}: {why}", points)


def _told(holds: Sequence[str], fails: Sequence[str]) -> Finding:
    parts = [f"invariant to {', '.join(holds)}"] if holds else []
    parts += [f"not to {', '.join(fails)}"] if fails else []
    return Finding(
        "note", "invariance", "; ".join(parts), {"holds": list(holds), "fails": list(fails)}
    )


def _direction(smooth: Seen) -> list[Finding]:
    """The slope when every positive pair closes in."""
    slopes = []
    for p, o in smooth:
        toward = p.h_prime - p.h
        slopes.append(((o.gradients[0] - o.gradients[1]) * toward).sum().item())
    if slopes and min(slopes) > 0:
        text = "moving the positives together raises the loss (to first order)"
        return [Finding("note", "direction", text, {"slopes": slopes})]
    return []
