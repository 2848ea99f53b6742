"""Modified Barlow Twins: arXiv:2402.18281 Eq. 6 and 18 (negatives h_j, weights across the views).

The paper prints w_p = Σ_j w_n = r Σ_j …: the factor r is missing in the middle.
"""

import torch
from torch import Tensor


def loss(
    h: Tensor, h_prime: Tensor, *, m: float = 0.3, tau: float = 0.05, r: float = 1.5
) -> Tensor:
    """Mean over anchors of d_i Σ_{j≠i} w_ij (<h_i,h_j> − r <h_i,h'_i>).

    d_i = 1[<h_i,h'_i> − max_{k≠i} <h_i,h'_k> < m],
    w_ij = e^{<h_i,h'_j>/τ} / Σ_{k≠l} e^{<h_k,h'_l>/τ}  (both orders of a pair): these take no
    gradient. h_j does: it is not stopped as a negative. h, h_prime: (N, D) unit rows, N ≥ 2.
    τ > 0, r ≥ 0.
    """
    return terms(h, h_prime, m=m, tau=tau, r=r).mean()


def terms(h: Tensor, h_prime: Tensor, *, m: float, tau: float, r: float) -> Tensor:
    """(N,): the term of each anchor."""
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    same, positive = h @ h.T, (h * h_prime).sum(dim=1)
    with torch.no_grad():
        across = (h @ h_prime.T).masked_fill(own, -torch.inf)
        gate = (positive - across.amax(dim=1) < m).to(h.dtype)
        weight = torch.softmax((across / tau).flatten(), dim=0).view_as(across)
    return gate * (weight * (same - r * positive[:, None])).sum(dim=1)
