"""The simple loss over hard negatives: Wang & Liu 2021 (CVPR), arXiv:2012.09740."""

import math

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor, *, lam: float | None = None, share: float = 0.1) -> Tensor:
    """Mean over anchors of −<h_i,h'_i> + λ Σ_{hard j} <h_i,h'_j>.

    Hard: the ⌈share (N−1)⌉ negatives j ≠ i with the largest <h_i,h'_j>, and all that tie with the
    last of them. h, h_prime: (N, D) unit rows, N ≥ 2. lam: λ ≥ 0, 1/(N−1) when None.
    0 < share ≤ 1.
    """
    return terms(h, h_prime, lam=lam, share=share).mean()


def terms(h: Tensor, h_prime: Tensor, *, lam: float | None, share: float) -> Tensor:
    """(N,): the term of each anchor."""
    weight = 1 / (len(h) - 1) if lam is None else lam
    similarities = h @ h_prime.T  # (N, N)
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    negatives = similarities.masked_fill(own, -torch.inf)
    count = math.ceil(round(share * (len(h) - 1), 9))  # 0.1 · 30 is above 3 in floating point
    least = negatives.topk(max(1, count), dim=1).values[:, -1:]
    hard = torch.where(negatives >= least, similarities, torch.zeros_like(similarities))
    return weight * hard.sum(dim=1) - similarities.diagonal()
