"""MPT, the triplet of dot products with the hardest negative: Nie et al. 2023 (ICLR).

Negatives are cross-view, h'_j, as in arXiv:2402.18281 Eq. 3.
"""

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor, *, m: float = 0.23) -> Tensor:
    """Mean over anchors of max(0, −<h_i,h'_i> + max_{j≠i} <h_i,h'_j> + m).

    h, h_prime: (N, D) unit rows, N ≥ 2. The gate is strict, and a tie goes to one index.
    """
    return terms(h, h_prime, m=m).mean()


def terms(h: Tensor, h_prime: Tensor, *, m: float) -> Tensor:
    """(N,): the term of each anchor."""
    similarities = h @ h_prime.T  # (N, N)
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    # max over a dimension picks one index; amax would split the gradient between ties.
    hardest = similarities.masked_fill(own, -torch.inf).max(dim=1).values
    # relu's derivative at 0 is 0 (a strict gate), where clamp(min=0) passes the gradient.
    return torch.relu(hardest - similarities.diagonal() + m)
