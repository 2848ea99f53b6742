"""VICReg from Bardes et al. 2022 (ICLR), arXiv:2105.04906, Eq. 1 to 6, on unit embeddings.

Two points where sources differ. The invariance is the mean over samples of the squared distance
(not over features as well), and both views' variance terms are summed (not averaged).
arXiv:2402.18281 §4 prints the names v and c of variance and covariance exchanged.
"""

import math

import torch
from torch import Tensor


def loss(
    h: Tensor,
    h_prime: Tensor,
    *,
    nu_inv: float = 1.0,
    nu_cov: float = 30.0,
    nu_var: float = 1.0,
    gamma: float | None = None,
    eps: float = 1e-4,
) -> Tensor:
    """ν_inv (1/N) Σ ‖h_i−h'_i‖² + ν_var (std(h)+std(h')) + ν_cov (cov(h)+cov(h')).

    h, h_prime: (N, D) unit rows, N ≥ 2. gamma: target deviation, 1/√D when None. eps ≥ 0 is added
    to each variance. A batch scalar.
    """
    target = 1 / math.sqrt(h.shape[1]) if gamma is None else gamma
    invariance = (h - h_prime).square().sum(dim=1).mean()
    variance = _deviation_hinge(h, target, eps) + _deviation_hinge(h_prime, target, eps)
    covariance = _off_diagonal(h) + _off_diagonal(h_prime)
    return nu_inv * invariance + nu_var * variance + nu_cov * covariance


def _covariance(x: Tensor) -> Tensor:
    centred = x - x.mean(dim=0)
    return centred.T @ centred / (len(x) - 1)  # (D, D)


def _deviation_hinge(x: Tensor, target: float, eps: float) -> Tensor:
    """(1/D) Σ_k max(0, γ − √(C_kk + ε)); zero subgradient where C_kk + ε = 0."""
    variance = _covariance(x).diagonal() + eps
    positive = variance > 0
    # The inner `where` keeps √'s infinite slope at 0 out of the backward (0 · inf is NaN).
    root = torch.where(positive, variance, torch.ones_like(variance)).sqrt()
    deviation = torch.where(positive, root, torch.zeros_like(root))
    return torch.relu(target - deviation).mean()


def _off_diagonal(x: Tensor) -> Tensor:
    """(1/D) Σ_{k≠l} C_kl²."""
    covariance = _covariance(x)
    own = torch.eye(x.shape[1], dtype=torch.bool, device=x.device)
    return covariance.masked_fill(own, 0).square().sum() / x.shape[1]
