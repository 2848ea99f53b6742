"""MET, the triplet of Euclidean distances with the nearest negative: Nie et al. 2023 (ICLR)."""

import torch
from torch import Tensor
from torch.linalg import vector_norm


def loss(h: Tensor, h_prime: Tensor, *, m: float = 0.45) -> Tensor:
    """Mean over anchors of max(0, ‖h_i−h'_i‖ − min_{j≠i} ‖h_i−h'_j‖ + m).

    h, h_prime: (N, D) unit rows, N ≥ 2. The gate is strict, a tie goes to one index, and
    coincident points have the zero subgradient. Memory N²D: the differences are formed, since
    √(2 − 2<a,b>) and cdist's matrix route lose half the digits of a small distance.
    """
    return terms(h, h_prime, m=m).mean()


def terms(h: Tensor, h_prime: Tensor, *, m: float) -> Tensor:
    """(N,): the term of each anchor."""
    distances = vector_norm(h[:, None] - h_prime[None, :], dim=2)  # (N, N)
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    nearest = distances.masked_fill(own, torch.inf).min(dim=1).values
    return torch.relu(distances.diagonal() - nearest + m)
