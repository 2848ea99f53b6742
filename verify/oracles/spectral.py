"""The spectral contrastive loss from HaoChen et al. 2021, arXiv:2106.04156, on unit embeddings."""

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor) -> Tensor:
    """Mean over anchors of −2 <h_i,h'_i> + (1/(N−1)) Σ_{j≠i} <h_i,h'_j>².

    h, h_prime: (N, D) unit rows, N ≥ 2.
    """
    return terms(h, h_prime).mean()


def terms(h: Tensor, h_prime: Tensor) -> Tensor:
    """(N,): the term of each anchor."""
    similarities = h @ h_prime.T  # (N, N)
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    negatives = similarities.masked_fill(own, 0).square().sum(dim=1)
    return negatives / (len(h) - 1) - 2 * similarities.diagonal()
