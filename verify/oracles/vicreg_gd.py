"""VICReg with the gate of arXiv:2402.18281 (Table 5, first step): the surrogate of Eq. 5 with the
weight and the ratio that the gradient of vicreg has.

The weight is that of the centred embeddings; Table 2 prints it without centring. The variance
hinge and the diagonal of the covariance fit no weight and no ratio: they are dropped.
"""

import torch
from torch import Tensor


def loss(
    h: Tensor,
    h_prime: Tensor,
    *,
    nu_inv: float = 1.0,
    nu_cov: float = 30.0,
    m: float = 0.3,
) -> Tensor:
    """Mean over anchors of d_i (Σ_{j≠i} a_ij <h_i,h_j> − (2ν_inv/N) <h_i,h'_i>).

    d_i = 1[<h_i,h'_i> − max_{k≠i} <h_i,h'_k> < m] and a_ij = 4ν_cov <ĥ_i,ĥ_j> / (D (N−1)²),
    ĥ_i = h_i − mean, take no gradient; h_j does.
    h, h_prime: (N, D) unit rows, N ≥ 2. ν_inv ≥ 0, ν_cov ≥ 0.
    """
    return terms(h, h_prime, nu_inv=nu_inv, nu_cov=nu_cov, m=m).mean()


def terms(h: Tensor, h_prime: Tensor, *, nu_inv: float, nu_cov: float, m: float) -> Tensor:
    """(N,): the term of each anchor."""
    n, d = h.shape
    own = torch.eye(n, dtype=torch.bool, device=h.device)
    positive = (h * h_prime).sum(dim=1)
    with torch.no_grad():
        hardest = (h @ h_prime.T).masked_fill(own, -torch.inf).amax(dim=1)
        gate = (positive - hardest < m).to(h.dtype)
        centred = h - h.mean(dim=0)
        push = 4 * nu_cov / (d * (n - 1) ** 2) * (centred @ centred.T).masked_fill(own, 0)
    return gate * ((push * (h @ h.T)).sum(dim=1) - 2 * nu_inv / n * positive)
