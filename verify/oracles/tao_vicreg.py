"""The surrogate of VICReg's gradient: Tao et al. 2022 (CVPR), arXiv:2112.05141, as
arXiv:2402.18281 Eq. 11 prints it, on unit embeddings and without centring."""

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor, *, nu: float = 30.0) -> Tensor:
    """Mean over anchors of (2/N) (−<h_i,h'_i> + (ν/N) Σ_{j≠i} w_ij <h_i,h_j>).

    w_ij = <h_i,h_j> takes no gradient; the embedding h_j does: it is not stopped as a negative.
    ν stands for 2 ν_cov N²/(D (N−1)²). h, h_prime: (N, D) unit rows, N ≥ 2. ν ≥ 0.
    """
    return terms(h, h_prime, nu=nu).mean()


def terms(h: Tensor, h_prime: Tensor, *, nu: float) -> Tensor:
    """(N,): the term of each anchor; its gradient by h_i is Eq. 11."""
    n, same = len(h), h @ h.T
    own = torch.eye(n, dtype=torch.bool, device=h.device)
    weight = same.detach().masked_fill(own, 0)
    return 2 / n * (nu / n * (weight * same).sum(dim=1) - (h * h_prime).sum(dim=1))
