"""α given directly: Tian 2022 (NeurIPS), arXiv:2201.12680 (α-CL-direct).

d_ij = ‖h_i−h_j‖/√2: its square, in the gaps, is half the squared distance.
"""

from math import sqrt

import torch
from torch import Tensor
from torch.linalg import vector_norm


def loss(h: Tensor, h_prime: Tensor, *, p: float = 4.0, tau: float = 0.5) -> Tensor:
    """Mean over anchors of Σ_{j≠i} α_ij (½‖h_i−h'_i‖² − ½‖h_i−h_j‖²).

    α_ij = e^{−d_ij^p/τ} / Σ_{k≠i} e^{−d_ik^p/τ} takes no gradient; h_j does.
    h, h_prime: (N, D) unit rows, N ≥ 2. p > 0, τ > 0. Memory N²D.
    """
    return terms(h, h_prime, p=p, tau=tau).mean()


def terms(h: Tensor, h_prime: Tensor, *, p: float, tau: float) -> Tensor:
    """(N,): the term of each anchor."""
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    between = h[:, None] - h[None, :]  # (N, N, D)
    with torch.no_grad():
        exponents = -((vector_norm(between, dim=2) / sqrt(2)) ** p) / tau
        alpha = torch.softmax(exponents.masked_fill(own, -torch.inf), dim=1)
    closer = (h - h_prime).square().sum(dim=1, keepdim=True) / 2
    return (alpha * (closer - between.square().sum(dim=2) / 2)).sum(dim=1)
