"""The simple contrastive loss from Wang & Liu 2021 (CVPR), arXiv:2012.09740."""

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor, *, lam: float | None = None) -> Tensor:
    """Mean over anchors of −<h_i,h'_i> + λ Σ_{j≠i} <h_i,h'_j>.

    h, h_prime: (N, D) unit rows, N ≥ 2. lam: λ ≥ 0, 1/(N−1) when None (the mean of the negatives).
    """
    return terms(h, h_prime, lam=lam).mean()


def terms(h: Tensor, h_prime: Tensor, *, lam: float | None) -> Tensor:
    """(N,): the term of each anchor."""
    weight = 1 / (len(h) - 1) if lam is None else lam
    similarities = h @ h_prime.T  # (N, N)
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    return weight * similarities.masked_fill(own, 0).sum(dim=1) - similarities.diagonal()
