"""Gradient steps of a derived loss on the unit sphere."""

from dataclasses import dataclass

import torch
from torch import Tensor

from derive.objective import Objective
from derive.torch import objective
from reports.heatmap import Floats, one_thread


@dataclass(frozen=True)
class Path:
    """h, h_prime: (steps + 1, N, 3), the start first."""

    h: Floats
    h_prime: Floats

    def positive_angles(self) -> Floats:
        """θ_ii', (steps + 1, N), radians."""
        cosines = torch.from_numpy((self.h * self.h_prime).sum(axis=-1))
        found: Floats = cosines.clamp(-1, 1).acos().numpy()
        return found

    def nearest_negatives(self) -> Floats:
        """min over j ≠ i of θ_ij', (steps + 1, N), radians."""
        cosines = torch.from_numpy(self.h @ self.h_prime.transpose(0, 2, 1))
        own = torch.eye(cosines.shape[-1], dtype=torch.bool)
        found: Floats = cosines.masked_fill(own, -1).amax(dim=-1).clamp(-1, 1).acos().numpy()
        return found


def descend(
    loss: Objective, h: Tensor, h_prime: Tensor, *, rate: float, steps: int, alone: bool = False
) -> Path:
    """Steps of −rate times the derived gradient of Σ_i L_i, each followed by normalisation.

    h, h_prime: (N, 3), unit rows, float64. alone: only the first anchor moves.
    """
    module = objective(loss, embeddings="unit")
    path = [(h, h_prime)]
    with one_thread():
        for _ in range(steps):
            h, h_prime = (x.detach().clone().requires_grad_() for x in path[-1])
            value = len(h) * module(h, h_prime)
            slopes = torch.autograd.grad(value, (h, h_prime))
            if alone:
                slopes = (torch.cat([slopes[0][:1], torch.zeros_like(h[1:])]), slopes[1] * 0)
            with torch.no_grad():
                path.append((unit(h - rate * slopes[0]), unit(h_prime - rate * slopes[1])))
    first, second = (torch.stack([x.detach() for x in part]) for part in zip(*path, strict=True))
    return Path(first.numpy(), second.numpy())


def unit(x: Tensor) -> Tensor:
    """Rows of length 1."""
    return x / x.norm(dim=-1, keepdim=True)


def at(theta: float, azimuth: float) -> Tensor:
    """The unit vector at an angle from (0, 0, 1), in the direction of an azimuth; radians."""
    t, a = torch.tensor([theta, azimuth], dtype=torch.float64)
    return torch.stack([t.sin() * a.cos(), t.sin() * a.sin(), t.cos()])
