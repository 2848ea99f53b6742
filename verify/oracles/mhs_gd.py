"""MHS with the gate of arXiv:2402.18281 (Table 5, first step): the surrogate of Eq. 5 with the
weight and the ratio that the gradient of the batch scalar mhs has.

Each anchor is also the nearest negative of others, which doubles the weight of pairs that are
each other's nearest. Table 2 has the nearest of one anchor alone, without the mean over anchors.
"""

import torch
from torch import Tensor
from torch.linalg import vector_norm


def loss(h: Tensor, h_prime: Tensor, *, nu: float = 1.0, m: float = 0.3) -> Tensor:
    """Mean over anchors of d_i (Σ_{j≠i} a_ij <h_i,h_j> − (2/N) <h_i,h'_i>).

    d_i = 1[<h_i,h'_i> − max_{k≠i} <h_i,h'_k> < m] and
    a_ij = (ν/N) (1[j nearest to i] + 1[i nearest to j]) / ‖h_i−h_j‖ take no gradient; h_j does.
    h, h_prime: (N, D) unit rows, N ≥ 2. ν ≥ 0. A tie goes to one index; where h_i = h_j the weight
    is zero, as the subgradient of the distance. Memory N²D.
    """
    return terms(h, h_prime, nu=nu, m=m).mean()


def terms(h: Tensor, h_prime: Tensor, *, nu: float, m: float) -> Tensor:
    """(N,): the term of each anchor."""
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    same, positive = h @ h.T, (h * h_prime).sum(dim=1)
    with torch.no_grad():
        hardest = (h @ h_prime.T).masked_fill(own, -torch.inf).amax(dim=1)
        gate = (positive - hardest < m).to(h.dtype)
        distances = vector_norm(h[:, None] - h[None, :], dim=2).masked_fill(own, torch.inf)
        distance, nearest = distances.min(dim=1, keepdim=True)
        slope = torch.where(distance > 0, 1 / distance, torch.zeros_like(distance))
        one_way = torch.zeros_like(same).scatter(1, nearest, slope)
        push = nu / len(h) * (one_way + one_way.T)
    return gate * ((push * same).sum(dim=1) - 2 / len(h) * positive)
