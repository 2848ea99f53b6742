"""InfoNCE with mixtures of the positive and a negative added: Nie et al. 2023 (ICLR) App. E,
Eq. 48, after Kalantidis et al. 2020 (arXiv:2010.01028)."""

import torch
from torch import Tensor


def loss(
    h: Tensor, h_prime: Tensor, *, other: Tensor, tau: float = 0.05, lam: float = 0.2
) -> Tensor:
    """Mean over anchors of −<h_i,h'_i>/τ + log(Σ_k e^{<h_i,h'_k>/τ} + Σ_m e^{<h_i,v_im>/τ}).

    v_im = λ h'_i + (1−λ) h'_other[i,m], not normalised again; λ is the positive's share.
    h, h_prime: (N, D) unit rows. other: (N, M) indices of samples, none of them i in row i.
    τ > 0, 0 ≤ λ ≤ 1. In nats.
    """
    return terms(h, h_prime, other=other, tau=tau, lam=lam).mean()


def terms(h: Tensor, h_prime: Tensor, *, other: Tensor, tau: float, lam: float) -> Tensor:
    """(N,): the term of each anchor."""
    mixed = lam * h_prime[:, None] + (1 - lam) * h_prime[other]  # (N, M, D)
    extra = (h[:, None] * mixed).sum(dim=2) / tau  # (N, M)
    logits = h @ h_prime.T / tau  # (N, N)
    return torch.logsumexp(torch.cat([logits, extra], dim=1), dim=1) - logits.diagonal()
