"""Modified MHS: arXiv:2402.18281 Eq. 17, as the surrogate of Eq. 5 with Table 2's components.

Eq. 15 divides the alignment by the largest distance where Eq. 17 and Table 2 have the nearest.
"""

import torch
from torch import Tensor
from torch.linalg import vector_norm


def loss(h: Tensor, h_prime: Tensor, *, m: float = 0.3, r: float = 1.75) -> Tensor:
    """Mean over anchors of d_i (<h_i,h_j> − r <h_i,h'_i>) / ‖h_i−h_j‖, h_j the nearest to h_i.

    d_i = 1[<h_i,h'_i> − max_{k≠i} <h_i,h'_k> < m] and the weight 1/‖h_i−h_j‖ take no gradient. h_j
    does: it is not stopped as a negative. A tie goes to one index; where h_i = h_j the weight is
    zero, as the subgradient of the distance. h, h_prime: (N, D) unit rows, N ≥ 2. r ≥ 0.
    Memory N²D.
    """
    return terms(h, h_prime, m=m, r=r).mean()


def terms(h: Tensor, h_prime: Tensor, *, m: float, r: float) -> Tensor:
    """(N,): the term of each anchor."""
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    positive = (h * h_prime).sum(dim=1)
    with torch.no_grad():
        hardest = (h @ h_prime.T).masked_fill(own, -torch.inf).amax(dim=1)
        gate = (positive - hardest < m).to(h.dtype)
        distances = vector_norm(h[:, None] - h[None, :], dim=2).masked_fill(own, torch.inf)
        distance, nearest = distances.min(dim=1)
        weight = torch.where(distance > 0, 1 / distance, torch.zeros_like(distance))
    negative = (h * h[nearest]).sum(dim=1)
    return gate * weight * (negative - r * positive)
