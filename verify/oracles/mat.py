"""MAT, the triplet of angles with the nearest negative: Nie et al. 2023 (ICLR)."""

import math

import torch
from torch import Tensor
from torch.linalg import vector_norm


def loss(h: Tensor, h_prime: Tensor, *, m: float = 0.15 * math.pi) -> Tensor:
    """Mean over anchors of max(0, θ_ii' − min_{j≠i} θ_ij' + m), in radians.

    h, h_prime: (N, D) unit rows, N ≥ 2. θ in [0, π]. The gate is strict, a tie goes to one index,
    and where h_i = ±h'_j the angle has the zero subgradient. Memory N²D.
    """
    return terms(h, h_prime, m=m).mean()


def terms(h: Tensor, h_prime: Tensor, *, m: float) -> Tensor:
    """(N,): the term of each anchor."""
    # acos(<h,h'>) loses half the digits of a small angle, and is NaN where rounding lifts
    # <h,h'> above 1; the norms of the difference and of the sum do neither.
    apart = vector_norm(h[:, None] - h_prime[None, :], dim=2)
    together = vector_norm(h[:, None] + h_prime[None, :], dim=2)
    theta = 2 * torch.atan2(apart, together)  # (N, N)
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    nearest = theta.masked_fill(own, torch.inf).min(dim=1).values
    return torch.relu(theta.diagonal() - nearest + m)
