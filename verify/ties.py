"""At a tie or a gate either selection is right: what a value and a gradient have to be there.

Where two negatives are equally hard, or the argument of a gate is 0, the loss has several
gradients, one a selection, and any mean of them is a subgradient. They are met at perturbed points:
a move of 10⁻⁹ breaks every tie, one way or another, and changes a gradient by no more than that
times its slope. A value has to lie between those at the perturbed points (all the same, where
only a maximum is tied), a gradient in the convex hull of the gradients there, to TOLERANCE of the
scale. The vertices that are needed are found as they are asked for (Wolfe 1976): a move along what
is left of the gradient meets the selection that is farthest that way.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from verify.comparison import Training

MOVE = 1e-9
TOLERANCE = 1e-5  # MOVE times a slope of 1/τ² = 10⁴ and a margin
RANDOM, ROUNDS = 12, 60
PATIENCE = 4  # rounds that meet nothing farther: the point is outside
_SUM = 1e3

Differentiated = Callable[[Tensor, Tensor], Training]


def other_seed(seed: int) -> int:
    """A seed of 32 bits whose numbers are not those that a batch was made of: along its own rows
    a move is none."""
    return seed ^ 0x5DEECE66


class Selections:
    """The values and gradients of the selections about a tied batch, met by and by.

    at: value and gradients of the reference at a batch; h, h_prime: the tied rows.
    """

    def __init__(self, at: Differentiated, h: Tensor, h_prime: Tensor, seed: int):
        self.at = at
        self.base = torch.stack([h, h_prime])
        self.generator = torch.Generator().manual_seed(
            seed + 2**32
        )  # the numbers of the batch are other ones
        self.values: list[float] = []
        self.vertices: list[Tensor] = []
        for _ in range(RANDOM):
            self._meet(torch.randn(self.base.shape, generator=self.generator, dtype=h.dtype))

    def _meet(self, direction: Tensor) -> None:
        moved = self.base + MOVE * direction / direction.abs().max()
        found = self.at(moved[0], moved[1])
        self.values.append(found.value.item())
        self.vertices.append(torch.cat([found.by_h, found.by_h_prime]).flatten())

    def from_values(self, value: float) -> float:
        """How far a value is outside of what was met."""
        return max(min(self.values) - value, value - max(self.values), 0.0)

    def from_hull(self, gradient: Tensor, near: float) -> float:
        """The largest entry of a gradient, both views' rows one after another, less its nearest
        point of the hull; the search ends where that is at most `near`."""
        target, still = gradient.flatten(), 0
        for _ in range(ROUNDS):
            nearest = nearest_of_hull(torch.stack(self.vertices), target)
            rest = target - nearest
            if rest.abs().max().item() <= near or still == PATIENCE:
                break
            known = len(self.vertices)
            self._look_along(rest.view_as(self.base))
            farther = (torch.stack(self.vertices[known:]) - nearest) @ rest
            still = 0 if farther.max() > 1e-6 * rest @ rest else still + 1
        return rest.abs().max().item()

    def _look_along(self, direction: Tensor) -> None:
        """One way, the other, and about it."""
        noise = torch.randn(direction.shape, generator=self.generator, dtype=direction.dtype)
        for move in (direction, -direction, direction / direction.abs().max() + noise):
            self._meet(move)


def nearest_of_hull(vertices: Tensor, target: Tensor) -> Tensor:
    """The point of the convex hull of the vertices, (K, P), nearest to the target, (P,).

    Shares λ ≥ 0 with Σλ = 1 (a row of its own, weighed heavily) that minimise
    ‖Σ λ_k v_k − target‖, by active sets (Lawson and Hanson 1974, ch. 23)."""
    size = (vertices - target).abs().max()
    if size == 0 or not size.isfinite():
        return vertices[0]
    offsets = (vertices - target) / size
    rows = torch.cat([offsets.T, torch.full((1, len(offsets)), _SUM, dtype=offsets.dtype)])
    right = torch.zeros(len(rows), dtype=rows.dtype)
    right[-1] = _SUM
    shares = torch.zeros(len(offsets), dtype=rows.dtype)
    for _ in range(3 * len(offsets)):
        slope = (rows.T @ (right - rows @ shares)).masked_fill(shares > 0, -torch.inf)
        if slope.max() <= 1e-12 * _SUM**2:
            break
        used = shares > 0
        used[slope.argmax()] = True
        shares = _on_face(rows, right, shares, used)
    return target + size * (shares / shares.sum()) @ offsets


def _on_face(rows: Tensor, right: Tensor, shares: Tensor, used: Tensor) -> Tensor:
    """The least squares on the vertices in use, those that would get a share below 0 left out one
    after another."""
    while True:
        best = torch.zeros_like(shares)
        best[used] = torch.linalg.lstsq(rows[:, used], right[:, None], driver="gelsd").solution[
            :, 0
        ]
        below = used & (best <= 0)
        if not below.any():
            return best
        step = (shares / (shares - best)).masked_fill(~below, torch.inf)
        shares = shares + step.min() * (best - shares)
        used = used & (shares > 1e-15)
        shares = shares.masked_fill(~used, 0.0)
        if not used.any():
            return shares
