"""The surrogate of Barlow Twins' gradient: Tao et al. 2022 (CVPR), arXiv:2112.05141, as
arXiv:2402.18281 Eq. 10 prints it, on unit embeddings.

The weights are <h_i,h'_j>, as there. The gradient of barlow_twins itself has <h'_i,h'_j>.
"""

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor, *, nu: float = 30.0) -> Tensor:
    """Mean over anchors of (2/N) (−<h_i, A h'_i> + (ν/N) Σ_{j≠i} w_ij <h_i,h_j>).

    A = I − (1−ν) C_diag, C = (1/N) Σ_i h_i h'_iᵀ, and w_ij = <h_i,h'_j> take no gradient. h_j does:
    it is not stopped as a negative. h, h_prime: (N, D) unit rows, N ≥ 2. ν ≥ 0.
    """
    return terms(h, h_prime, nu=nu).mean()


def terms(h: Tensor, h_prime: Tensor, *, nu: float) -> Tensor:
    """(N,): the term of each anchor; its gradient by h_i is Eq. 10."""
    n = len(h)
    own = torch.eye(n, dtype=torch.bool, device=h.device)
    with torch.no_grad():
        attraction = 1 - (1 - nu) * (h * h_prime).mean(dim=0)  # (D,): the diagonal of A
        weight = (h @ h_prime.T).masked_fill(own, 0)
    pull = (h * attraction * h_prime).sum(dim=1)
    return 2 / n * (nu / n * (weight * (h @ h.T)).sum(dim=1) - pull)
