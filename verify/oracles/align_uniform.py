"""Alignment and uniformity together: Nie et al. 2023 (ICLR) Eq. 2 to 4."""

import math

import torch
from torch import Tensor
from torch.linalg import vector_norm


def loss(
    h: Tensor, h_prime: Tensor, *, lam: float = 0.5, alpha: float = 2.0, t: float = 2.0
) -> Tensor:
    """(1−λ) (1/N) Σ_i ‖h_i−h'_i‖^α + λ log((1/(N(N−1))) Σ_i Σ_{j≠i} e^{−t ‖h_i−h'_j‖²}).

    h, h_prime: (N, D) unit rows, N ≥ 2. 0 ≤ λ ≤ 1, α > 0, t > 0. A batch scalar. Coincident views
    have the zero subgradient of the alignment. Memory N²D.
    """
    return (1 - lam) * _alignment(h, h_prime, alpha) + lam * _uniformity(h, h_prime, t)


def _alignment(h: Tensor, h_prime: Tensor, alpha: float) -> Tensor:
    distances = vector_norm(h - h_prime, dim=1)  # (N,)
    apart = distances > 0
    # The inner `where` keeps the infinite slope of 0^α, α < 1, out of the backward.
    powers = torch.where(apart, distances, torch.ones_like(distances)) ** alpha
    return torch.where(apart, powers, torch.zeros_like(powers)).mean()


def _uniformity(h: Tensor, h_prime: Tensor, t: float) -> Tensor:
    squares = (h[:, None] - h_prime[None, :]).square().sum(dim=2)  # (N, N)
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    exponents = (-t * squares).masked_fill(own, -torch.inf)
    return torch.logsumexp(exponents.flatten(), dim=0) - math.log(len(h) * (len(h) - 1))
