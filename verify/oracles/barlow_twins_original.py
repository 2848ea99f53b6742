"""Barlow Twins from Zbontar et al. 2021 (ICML), arXiv:2103.03230, Eq. 1 and 2."""

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor, *, nu: float = 5e-3) -> Tensor:
    """Σ_a (C_aa − 1)² + ν Σ_{a≠b} C_ab², C the correlations of the features of the two views.

    h, h_prime: (N, D) embeddings, not normalised, N ≥ 2. ν ≥ 0. A batch scalar. Each feature is
    centred and divided by its deviation over the batch (with 1/N, nothing added); one that does
    not vary is zero, with the zero subgradient.
    """
    correlation = _standardised(h).T @ _standardised(h_prime) / len(h)  # (D, D)
    own = torch.eye(h.shape[1], dtype=torch.bool, device=h.device)
    redundancy = correlation.masked_fill(own, 0).square().sum()
    return (correlation.diagonal() - 1).square().sum() + nu * redundancy


def _standardised(x: Tensor) -> Tensor:
    centred = x - x.mean(dim=0)
    variance = centred.square().mean(dim=0)
    varies = variance > 0
    # The inner `where` keeps √'s infinite slope at 0 out of the backward (0 · inf is NaN).
    deviation = torch.where(varies, variance, torch.ones_like(variance)).sqrt()
    return torch.where(varies, centred / deviation, torch.zeros_like(centred))
