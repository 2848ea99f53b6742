"""MHE with the gate and the weight of arXiv:2402.18281 (Table 5, second step; Appendix E): a
surrogate as in Eq. 5, with the pull to the positive that MHE has.

Appendix E sets ν = 1 with the new weight, and comes to the pull only with the ratio.
"""

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor, *, m: float = 0.3, tau: float = 0.05) -> Tensor:
    """Mean over anchors of d_i (Σ_{j≠i} w_ij <h_i,h_j> − (2/N) <h_i,h'_i>).

    d_i = 1[<h_i,h'_i> − max_{k≠i} <h_i,h'_k> < m] and
    w_ij = e^{<h_i,h_j>/τ} / (τ Σ_{k<l} e^{<h_k,h_l>/τ}) take no gradient; h_j does.
    h, h_prime: (N, D) unit rows, N ≥ 2. τ > 0.
    """
    return terms(h, h_prime, m=m, tau=tau).mean()


def terms(h: Tensor, h_prime: Tensor, *, m: float, tau: float) -> Tensor:
    """(N,): the term of each anchor."""
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    same, positive = h @ h.T, (h * h_prime).sum(dim=1)
    with torch.no_grad():
        hardest = (h @ h_prime.T).masked_fill(own, -torch.inf).amax(dim=1)
        gate = (positive - hardest < m).to(h.dtype)
        logits = (same / tau).masked_fill(own, -torch.inf)
        shares = torch.softmax(logits.flatten(), dim=0).view_as(logits)  # of all ordered pairs
        weight = 2 * shares / tau  # the sum over k < l is half of that
    return gate * ((weight * same).sum(dim=1) - 2 / len(h) * positive)
