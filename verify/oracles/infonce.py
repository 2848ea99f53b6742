"""InfoNCE from van den Oord et al. 2018, arXiv:1807.03748, Eq. 4 (positives on the diagonal)."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


def loss(h: Tensor, h_prime: Tensor, *, tau: float = 0.05) -> Tensor:
    """Mean over anchors of −log(e^{<h_i,h'_i>/τ} / Σ_k e^{<h_i,h'_k>/τ}), in nats.

    h, h_prime: (N, D) unit rows. τ > 0.
    """
    return terms(h, h_prime, tau=tau).mean()


def terms(h: Tensor, h_prime: Tensor, *, tau: float) -> Tensor:
    """(N,): the term of each anchor."""
    logits = h @ h_prime.T / tau  # (N, N)
    return cross_entropy(logits, torch.arange(len(h), device=h.device), reduction="none")
