"""MHE with the gate of arXiv:2402.18281 (Table 5, first step): the surrogate of Eq. 5 with the
weight and the ratio that MHE's own gradient has (Table 2, upper half)."""

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor, *, nu: float = 10.0, m: float = 0.3) -> Tensor:
    """Mean over anchors of d_i (Σ_{j≠i} a_ij <h_i,h_j> − (2/N) <h_i,h'_i>).

    d_i = 1[<h_i,h'_i> − max_{k≠i} <h_i,h'_k> < m] and
    a_ij = 2ν e^{2<h_i,h_j>} / Σ_{k<l} e^{2<h_k,h_l>} take no gradient; h_j does.
    h, h_prime: (N, D) unit rows, N ≥ 2. ν ≥ 0.
    """
    return terms(h, h_prime, nu=nu, m=m).mean()


def terms(h: Tensor, h_prime: Tensor, *, nu: float, m: float) -> Tensor:
    """(N,): the term of each anchor."""
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    same, positive = h @ h.T, (h * h_prime).sum(dim=1)
    with torch.no_grad():
        hardest = (h @ h_prime.T).masked_fill(own, -torch.inf).amax(dim=1)
        gate = (positive - hardest < m).to(h.dtype)
        logits = (2 * same).masked_fill(own, -torch.inf)
        shares = torch.softmax(logits.flatten(), dim=0).view_as(logits)  # of all ordered pairs
        push = 4 * nu * shares  # the sum over k < l is half of that over k ≠ l
    return gate * ((push * same).sum(dim=1) - 2 / len(h) * positive)
