"""The paradigm's baseline from Li et al. 2024, arXiv:2402.18281, Eq. 5 and §3.2."""

import torch
from torch import Tensor


def loss(
    h: Tensor, h_prime: Tensor, *, m: float = 0.3, tau: float = 0.05, r: float = 1.0
) -> Tensor:
    """Mean over anchors of GD_i Σ_{j≠i} W_ij (<h_i,h'_j> − r <h_i,h'_i>).

    GD_i = 1[<h_i,h'_i> − max_{k≠i} <h_i,h'_k> < m],
    W_ij = e^{<h_i,h'_j>/τ} / Σ_{k≠i} e^{<h_i,h'_k>/τ}: both take no gradient; h'_j does.
    h, h_prime: (N, D) unit rows, N ≥ 2. τ > 0, r ≥ 0.
    """
    return terms(h, h_prime, m=m, tau=tau, r=r).mean()


def terms(h: Tensor, h_prime: Tensor, *, m: float, tau: float, r: float) -> Tensor:
    """(N,): the term of each anchor."""
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    similarities = h @ h_prime.T  # (N, N)
    positive = similarities.diagonal()
    with torch.no_grad():
        negatives = similarities.masked_fill(own, -torch.inf)
        gate = (positive - negatives.amax(dim=1) < m).to(h.dtype)
        weight = torch.softmax(negatives / tau, dim=1)  # 0 on the diagonal
    return gate * (weight * (similarities - r * positive[:, None])).sum(dim=1)
