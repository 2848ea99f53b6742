"""Barlow Twins with the gate and the weight of arXiv:2402.18281 (Table 5, second step; §4): a
surrogate as in Eq. 5, with the pull to the positive that Barlow Twins has.

§4 sets ν = 1 with the new weight (w_n), and comes to the pull (w_p) only with the ratio. At ν = 1
the pull weighs all features alike.
"""

import torch
from torch import Tensor


def loss(
    h: Tensor, h_prime: Tensor, *, nu: float = 1.0, m: float = 0.3, tau: float = 0.05
) -> Tensor:
    """Mean over anchors of d_i (Σ_{j≠i} w_ij <h_i,h_j> − Σ_a b_a h_ia h'_ia).

    d_i = 1[<h_i,h'_i> − max_{k≠i} <h_i,h'_k> < m],
    w_ij = e^{<h_i,h'_j>/τ} / Σ_{k≠l} e^{<h_k,h'_l>/τ} and b_a = (2/N) (1 − (1−ν) C_aa),
    C = (1/N) Σ_i h_i h'_iᵀ, take no gradient; h_j does.
    h, h_prime: (N, D) unit rows, N ≥ 2. ν ≥ 0, τ > 0.
    """
    return terms(h, h_prime, nu=nu, m=m, tau=tau).mean()


def terms(h: Tensor, h_prime: Tensor, *, nu: float, m: float, tau: float) -> Tensor:
    """(N,): the term of each anchor."""
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    with torch.no_grad():
        across = (h @ h_prime.T).masked_fill(own, -torch.inf)
        gate = ((h * h_prime).sum(dim=1) - across.amax(dim=1) < m).to(h.dtype)
        weight = torch.softmax((across / tau).flatten(), dim=0).view_as(across)
        attraction = 2 / len(h) * (1 - (1 - nu) * (h * h_prime).mean(dim=0))  # (D,)
    pull = (attraction * h * h_prime).sum(dim=1)
    return gate * ((weight * (h @ h.T)).sum(dim=1) - pull)
