"""InfoNCE with mixtures of two negatives added: Nie et al. 2023 (ICLR) App. E, Eq. 47, after
Kalantidis et al. 2020 (arXiv:2010.01028)."""

import torch
from torch import Tensor


def loss(
    h: Tensor,
    h_prime: Tensor,
    *,
    first: Tensor,
    second: Tensor,
    tau: float = 0.05,
    lam: float = 0.5,
) -> Tensor:
    """Mean over anchors of −<h_i,h'_i>/τ + log(Σ_k e^{<h_i,h'_k>/τ} + Σ_m e^{<h_i,v_im>/τ}).

    v_im = λ h'_first[i,m] + (1−λ) h'_second[i,m], not normalised again.
    h, h_prime: (N, D) unit rows. first, second: (N, M) indices of samples, none of them i in row i.
    τ > 0, 0 ≤ λ ≤ 1. In nats.
    """
    return terms(h, h_prime, first=first, second=second, tau=tau, lam=lam).mean()


def terms(
    h: Tensor, h_prime: Tensor, *, first: Tensor, second: Tensor, tau: float, lam: float
) -> Tensor:
    """(N,): the term of each anchor."""
    mixed = lam * h_prime[first] + (1 - lam) * h_prime[second]  # (N, M, D)
    extra = (h[:, None] * mixed).sum(dim=2) / tau  # (N, M)
    logits = h @ h_prime.T / tau  # (N, N)
    return torch.logsumexp(torch.cat([logits, extra], dim=1), dim=1) - logits.diagonal()
