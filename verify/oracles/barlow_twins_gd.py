"""Barlow Twins with the gate of arXiv:2402.18281 (Table 5, first step): the surrogate of Eq. 5
with the weight and the ratio that the gradient of barlow_twins has.

The weight is <h'_i,h'_j>; Table 2 prints <h_i,h'_j>.
"""

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor, *, nu: float = 30.0, m: float = 0.3) -> Tensor:
    """Mean over anchors of d_i (Σ_{j≠i} a_ij <h_i,h_j> − Σ_a b_a h_ia h'_ia).

    d_i = 1[<h_i,h'_i> − max_{k≠i} <h_i,h'_k> < m], a_ij = (2ν/N²) <h'_i,h'_j> and
    b_a = (2/N) (1 − (1−ν) C_aa), C = (1/N) Σ_i h_i h'_iᵀ, take no gradient; h_j does.
    h, h_prime: (N, D) unit rows, N ≥ 2. ν ≥ 0.
    """
    return terms(h, h_prime, nu=nu, m=m).mean()


def terms(h: Tensor, h_prime: Tensor, *, nu: float, m: float) -> Tensor:
    """(N,): the term of each anchor."""
    n = len(h)
    own = torch.eye(n, dtype=torch.bool, device=h.device)
    with torch.no_grad():
        hardest = (h @ h_prime.T).masked_fill(own, -torch.inf).amax(dim=1)
        gate = ((h * h_prime).sum(dim=1) - hardest < m).to(h.dtype)
        push = 2 * nu / n**2 * (h_prime @ h_prime.T).masked_fill(own, 0)
        attraction = 2 / n * (1 - (1 - nu) * (h * h_prime).mean(dim=0))  # (D,)
    pull = (attraction * h * h_prime).sum(dim=1)
    return gate * ((push * (h @ h.T)).sum(dim=1) - pull)
