"""InfoNCE over hard negatives: Wang & Liu 2021 (CVPR), arXiv:2012.09740."""

import math

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


def loss(h: Tensor, h_prime: Tensor, *, tau: float = 0.3, share: float = 0.1) -> Tensor:
    """Mean over anchors of −log(e^{<h_i,h'_i>/τ} / Σ_k e^{<h_i,h'_k>/τ}), k = i and the hard ones.

    Hard: the ⌈share (N−1)⌉ negatives j ≠ i with the largest <h_i,h'_j>, and all that tie with the
    last of them. h, h_prime: (N, D) unit rows, N ≥ 2. τ > 0, 0 < share ≤ 1. In nats.
    """
    return terms(h, h_prime, tau=tau, share=share).mean()


def terms(h: Tensor, h_prime: Tensor, *, tau: float, share: float) -> Tensor:
    """(N,): the term of each anchor."""
    similarities = h @ h_prime.T  # (N, N)
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    negatives = similarities.masked_fill(own, -torch.inf)
    count = math.ceil(round(share * (len(h) - 1), 9))  # 0.1 · 30 is above 3 in floating point
    least = negatives.topk(max(1, count), dim=1).values[:, -1:]
    kept = own | (negatives >= least)
    logits = similarities.masked_fill(~kept, -torch.inf) / tau
    return cross_entropy(logits, torch.arange(len(h), device=h.device), reduction="none")
