"""VICReg from Bardes et al. 2022 (ICLR), arXiv:2105.04906, Eq. 1 to 6, on embeddings as they are.

The paper's equations; the authors' code is vicreg_code.
"""

import torch
from torch import Tensor


def loss(
    h: Tensor,
    h_prime: Tensor,
    *,
    nu_inv: float = 25.0,
    nu_cov: float = 1.0,
    nu_var: float = 25.0,
    gamma: float = 1.0,
    eps: float = 1e-4,
) -> Tensor:
    """ν_inv (1/N) Σ ‖h_i−h'_i‖² + ν_var (std(h)+std(h')) + ν_cov (cov(h)+cov(h')).

    cov = (1/D) Σ_{a≠b} C_ab² and std = (1/D) Σ_a max(0, γ − √(C_aa+ε)), C with 1/(N−1).
    h, h_prime: (N, D) embeddings, not normalised, N ≥ 2. eps ≥ 0. A batch scalar.
    """
    invariance = (h - h_prime).square().sum(dim=1).mean()
    first, second = _covariance(h), _covariance(h_prime)
    variance = _deviation_hinge(first, gamma, eps) + _deviation_hinge(second, gamma, eps)
    covariance = _off_diagonal(first) + _off_diagonal(second)
    return nu_inv * invariance + nu_var * variance + nu_cov * covariance


def _covariance(x: Tensor) -> Tensor:
    centred = x - x.mean(dim=0)
    return centred.T @ centred / (len(x) - 1)  # (D, D)


def _deviation_hinge(covariance: Tensor, target: float, eps: float) -> Tensor:
    """The mean over features of max(0, γ − √(C_aa + ε)); zero subgradient where the root is 0."""
    variance = covariance.diagonal() + eps
    positive = variance > 0
    # The inner `where` keeps √'s infinite slope at 0 out of the backward (0 · inf is NaN).
    root = torch.where(positive, variance, torch.ones_like(variance)).sqrt()
    deviation = torch.where(positive, root, torch.zeros_like(root))
    return torch.relu(target - deviation).mean()


def _off_diagonal(covariance: Tensor) -> Tensor:
    """(1/D) Σ_{a≠b} C_ab²."""
    own = torch.eye(len(covariance), dtype=torch.bool, device=covariance.device)
    return covariance.masked_fill(own, 0).square().sum() / len(covariance)
