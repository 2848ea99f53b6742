"""Modified VICReg: arXiv:2402.18281 Appendix E, Eq. 13 with its definitions of d, w_n and w_p."""

import torch
from torch import Tensor


def loss(
    h: Tensor, h_prime: Tensor, *, m: float = 0.3, tau: float = 0.05, r: float = 1.5
) -> Tensor:
    """Mean over anchors of d_i (−w_p,i <h_i,h'_i> + Σ_{j≠i} w_n,ij <h_i,h_j>).

    d_i = 1[<h_i,h'_i> − max_{k≠i} <h_i,h'_k> < m],
    w_n,ij = e^{<h_i,h_j>/τ} / Σ_{k≠l} e^{<h_k,h_l>/τ}  (both orders of a pair),
    w_p,i = r Σ_{j≠i} w_n,ij: these take no gradient. h_j does: it is not stopped as a negative.
    h, h_prime: (N, D) unit rows, N ≥ 2. τ > 0, r ≥ 0.
    """
    return terms(h, h_prime, m=m, tau=tau, r=r).mean()


def terms(h: Tensor, h_prime: Tensor, *, m: float, tau: float, r: float) -> Tensor:
    """(N,): the term of each anchor."""
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    same = h @ h.T  # (N, N)
    positive = (h * h_prime).sum(dim=1)  # (N,)
    with torch.no_grad():
        hardest = (h @ h_prime.T).masked_fill(own, -torch.inf).amax(dim=1)
        gate = (positive - hardest < m).to(h.dtype)
        logits = (same / tau).masked_fill(own, -torch.inf)
        push = torch.softmax(logits.flatten(), dim=0).view_as(logits)  # sums to 1 over all pairs
        pull = r * push.sum(dim=1)
    return gate * ((push * same).sum(dim=1) - pull * positive)
