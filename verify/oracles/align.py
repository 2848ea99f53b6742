"""Alignment from Wang & Isola 2020 (ICML), arXiv:2005.10242."""

import torch
from torch import Tensor
from torch.linalg import vector_norm


def loss(h: Tensor, h_prime: Tensor, *, alpha: float = 2.0) -> Tensor:
    """(1/N) Σ_i ‖h_i−h'_i‖^α.

    h, h_prime: (N, D) unit rows. α > 0. A batch scalar. Coincident views have the zero
    subgradient, also for α < 1.
    """
    distances = vector_norm(h - h_prime, dim=1)  # (N,)
    apart = distances > 0
    # The inner `where` keeps the infinite slope of 0^α, α < 1, out of the backward.
    powers = torch.where(apart, distances, torch.ones_like(distances)) ** alpha
    return torch.where(apart, powers, torch.zeros_like(powers)).mean()
