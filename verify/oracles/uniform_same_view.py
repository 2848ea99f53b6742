"""Uniformity within one view: Wang & Isola 2020 (ICML), arXiv:2005.10242."""

import math

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor, *, t: float = 2.0) -> Tensor:
    """log((1/(N(N−1))) Σ_i Σ_{j≠i} e^{−t ‖h_i−h_j‖²}), in nats: h' takes no part.

    h, h_prime: (N, D) unit rows, N ≥ 2. t > 0. A batch scalar. Memory N²D.
    """
    squares = (h[:, None] - h[None, :]).square().sum(dim=2)  # (N, N)
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    exponents = (-t * squares).masked_fill(own, -torch.inf)
    return torch.logsumexp(exponents.flatten(), dim=0) - math.log(len(h) * (len(h) - 1))
