"""The plain sum of the gaps, in the α-CL family: Tian 2022 (NeurIPS), arXiv:2201.12680, Table 1."""

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor) -> Tensor:
    """Mean over anchors of Σ_{j≠i} x_ij.

    x_ij = d_i² − d_ij², d_i² = ½‖h_i−h'_i‖², d_ij² = ½‖h_i−h_j‖².
    h, h_prime: (N, D) unit rows, N ≥ 2. Memory N²D.
    """
    return terms(h, h_prime).mean()


def terms(h: Tensor, h_prime: Tensor) -> Tensor:
    """(N,): the term of each anchor."""
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    closer = (h - h_prime).square().sum(dim=1, keepdim=True) / 2
    gaps = closer - (h[:, None] - h[None, :]).square().sum(dim=2) / 2  # (N, N): x_ij
    return gaps.masked_fill(own, 0).sum(dim=1)
