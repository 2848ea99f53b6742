"""Barlow Twins from Zbontar et al. 2021 (ICML), arXiv:2103.03230, Eq. 1, on unit embeddings.

Li et al. 2024, arXiv:2402.18281 §4, who use it so, print both factors of C without a prime; the
matrix is the cross-correlation of the two views.
"""

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor, *, nu: float = 30.0) -> Tensor:
    """Σ_a (C_aa − 1)² + ν Σ_{a≠b} C_ab², C = (1/N) Σ_i h_i h'_iᵀ.

    h, h_prime: (N, D) unit rows. ν ≥ 0. A batch scalar; nothing is centred or standardised.
    """
    correlation = h.T @ h_prime / len(h)  # (D, D)
    own = torch.eye(h.shape[1], dtype=torch.bool, device=h.device)
    redundancy = correlation.masked_fill(own, 0).square().sum()
    return (correlation.diagonal() - 1).square().sum() + nu * redundancy
