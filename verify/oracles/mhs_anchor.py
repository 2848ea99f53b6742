"""MHS as Li et al. 2024, arXiv:2402.18281 §4 and Eq. 9, differentiate it: anchor by anchor."""

import torch
from torch import Tensor
from torch.linalg import vector_norm


def loss(h: Tensor, h_prime: Tensor, *, nu: float = 1.0) -> Tensor:
    """Mean over anchors of (1/N) Σ_k ‖h_k−h'_k‖² − ν min_{j≠i} ‖h_i−h_j‖.

    h, h_prime: (N, D) unit rows, N ≥ 2. ν ≥ 0. As a scalar the same as mhs; in one anchor's term
    the alignment is that of the whole batch. A tie goes to one index, and coincident points have
    the zero subgradient. Memory N²D.
    """
    return terms(h, h_prime, nu=nu).mean()


def terms(h: Tensor, h_prime: Tensor, *, nu: float) -> Tensor:
    """(N,): the term of each anchor."""
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    distances = vector_norm(h[:, None] - h[None, :], dim=2)  # (N, N)
    nearest = distances.masked_fill(own, torch.inf).min(dim=1).values
    return (h - h_prime).square().sum(dim=1).mean() - nu * nearest
