"""VICReg with the gate and the weight of arXiv:2402.18281 (Table 5, second step; Appendix E): a
surrogate as in Eq. 5, with the pull to the positive that VICReg has.

Appendix E changes the weight (w_n) and comes to the pull (w_p) only with the ratio. The variance
hinge and the diagonal of the covariance fit no weight and no pull: they are dropped.
"""

import torch
from torch import Tensor


def loss(
    h: Tensor, h_prime: Tensor, *, nu_inv: float = 1.0, m: float = 0.3, tau: float = 0.05
) -> Tensor:
    """Mean over anchors of d_i (Σ_{j≠i} w_ij <h_i,h_j> − (2ν_inv/N) <h_i,h'_i>).

    d_i = 1[<h_i,h'_i> − max_{k≠i} <h_i,h'_k> < m] and
    w_ij = e^{<h_i,h_j>/τ} / Σ_{k≠l} e^{<h_k,h_l>/τ} take no gradient; h_j does.
    h, h_prime: (N, D) unit rows, N ≥ 2. ν_inv ≥ 0, τ > 0.
    """
    return terms(h, h_prime, nu_inv=nu_inv, m=m, tau=tau).mean()


def terms(h: Tensor, h_prime: Tensor, *, nu_inv: float, m: float, tau: float) -> Tensor:
    """(N,): the term of each anchor."""
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    same, positive = h @ h.T, (h * h_prime).sum(dim=1)
    with torch.no_grad():
        hardest = (h @ h_prime.T).masked_fill(own, -torch.inf).amax(dim=1)
        gate = (positive - hardest < m).to(h.dtype)
        logits = (same / tau).masked_fill(own, -torch.inf)
        weight = torch.softmax(logits.flatten(), dim=0).view_as(logits)
    return gate * ((weight * same).sum(dim=1) - 2 * nu_inv / len(h) * positive)
