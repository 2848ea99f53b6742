"""Alignment and maximum hyperspherical separation: Liu et al. 2021 (AISTATS); the sum as in Li et
al. 2024, arXiv:2402.18281 §4."""

import torch
from torch import Tensor
from torch.linalg import vector_norm


def loss(h: Tensor, h_prime: Tensor, *, nu: float = 1.0) -> Tensor:
    """(1/N) Σ_i (‖h_i−h'_i‖² − ν min_{j≠i} ‖h_i−h_j‖).

    h, h_prime: (N, D) unit rows, N ≥ 2. ν ≥ 0. A batch scalar. A tie goes to one index, and
    coincident points have the zero subgradient. Memory N²D.
    """
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    distances = vector_norm(h[:, None] - h[None, :], dim=2)  # (N, N)
    nearest = distances.masked_fill(own, torch.inf).min(dim=1).values
    return ((h - h_prime).square().sum(dim=1) - nu * nearest).mean()
