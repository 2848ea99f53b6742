"""DCL cut off at zero, where it would push on for ever: Nie et al. 2023 (ICLR) §4.1."""

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor, *, tau: float = 0.05) -> Tensor:
    """Mean over anchors of max(0, −<h_i,h'_i>/τ + log Σ_{k≠i} e^{<h_i,h'_k>/τ}), in nats.

    h, h_prime: (N, D) unit rows, N ≥ 2. τ > 0. The gate is strict.
    """
    return terms(h, h_prime, tau=tau).mean()


def terms(h: Tensor, h_prime: Tensor, *, tau: float) -> Tensor:
    """(N,): the term of each anchor."""
    logits = h @ h_prime.T / tau  # (N, N)
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    negatives = logits.masked_fill(own, -torch.inf)
    return torch.relu(torch.logsumexp(negatives, dim=1) - logits.diagonal())
