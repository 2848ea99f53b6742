"""Alignment and minimum hyperspherical energy: Liu et al. 2021 (AISTATS); the sum as in Li et al.
2024, arXiv:2402.18281 §4."""

import math

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor, *, nu: float = 10.0) -> Tensor:
    """(1/N) Σ_i ‖h_i−h'_i‖² + ν log((2/(N(N−1))) Σ_{k<l} e^{−‖h_k−h_l‖²}), in nats.

    h, h_prime: (N, D) unit rows, N ≥ 2. ν ≥ 0. A batch scalar. Memory N²D.
    """
    alignment = (h - h_prime).square().sum(dim=1).mean()
    squares = (h[:, None] - h[None, :]).square().sum(dim=2)  # (N, N)
    pairs = torch.ones_like(squares, dtype=torch.bool).triu(diagonal=1)
    energy = torch.logsumexp(-squares[pairs], dim=0) - math.log(len(h) * (len(h) - 1) / 2)
    return alignment + nu * energy
