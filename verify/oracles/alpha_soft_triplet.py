"""The soft triplet loss of the α-CL family: Tian 2022 (NeurIPS), arXiv:2201.12680, Table 1."""

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor, *, tau: float = 0.5, eps: float = 0.1) -> Tensor:
    """Mean over anchors of τ log(1 + Σ_{j≠i} e^{x_ij/τ + ε}).

    x_ij = d_i² − d_ij², d_i² = ½‖h_i−h'_i‖², d_ij² = ½‖h_i−h_j‖².
    h, h_prime: (N, D) unit rows, N ≥ 2. τ > 0, ε real. Memory N²D.
    """
    return terms(h, h_prime, tau=tau, eps=eps).mean()


def terms(h: Tensor, h_prime: Tensor, *, tau: float, eps: float) -> Tensor:
    """(N,): the term of each anchor."""
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    closer = (h - h_prime).square().sum(dim=1, keepdim=True) / 2
    gaps = closer - (h[:, None] - h[None, :]).square().sum(dim=2) / 2  # (N, N): x_ij
    # The anchor's own place in the row holds the 1: e^0.
    return tau * torch.logsumexp((gaps / tau + eps).masked_fill(own, 0), dim=1)
