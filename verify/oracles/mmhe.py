"""Modified MHE: arXiv:2402.18281 Eq. 16, as the surrogate of Eq. 5 with Table 2's components.

Its Eq. 14 is another objective: it prints the uniformity term with its own gradient, so that in a
batch scalar each open gate pushes all pairs apart and not only those of its anchor.
"""

import torch
from torch import Tensor


def loss(
    h: Tensor, h_prime: Tensor, *, m: float = 0.3, tau: float = 0.05, r: float = 1.75
) -> Tensor:
    """Mean over anchors of d_i Σ_{j≠i} w_ij (<h_i,h_j> − r <h_i,h'_i>).

    d_i = 1[<h_i,h'_i> − max_{k≠i} <h_i,h'_k> < m],
    w_ij = e^{<h_i,h_j>/τ} / (τ Σ_{k<l} e^{<h_k,h_l>/τ})  (each pair once): these take no gradient.
    h_j does: it is not stopped as a negative. h, h_prime: (N, D) unit rows, N ≥ 2. τ > 0, r ≥ 0.
    """
    return terms(h, h_prime, m=m, tau=tau, r=r).mean()


def terms(h: Tensor, h_prime: Tensor, *, m: float, tau: float, r: float) -> Tensor:
    """(N,): the term of each anchor."""
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    same, positive = h @ h.T, (h * h_prime).sum(dim=1)
    with torch.no_grad():
        hardest = (h @ h_prime.T).masked_fill(own, -torch.inf).amax(dim=1)
        gate = (positive - hardest < m).to(h.dtype)
        logits = (same / tau).masked_fill(own, -torch.inf)
        shares = torch.softmax(logits.flatten(), dim=0).view_as(logits)  # of all ordered pairs
        weight = 2 * shares / tau  # the sum over k < l is half of that
    return gate * (weight * (same - r * positive[:, None])).sum(dim=1)
