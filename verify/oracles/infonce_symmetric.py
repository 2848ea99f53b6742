"""Symmetric InfoNCE from Radford et al. 2021 (CLIP), arXiv:2103.00020, Fig. 3."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


def loss(h: Tensor, h_prime: Tensor, *, tau: float = 0.05) -> Tensor:
    """Half of InfoNCE over the rows and half over the columns of <h_i,h'_j>/τ, in nats.

    h, h_prime: (N, D) unit rows. τ > 0. A batch scalar: both halves are means over N.
    """
    logits = h @ h_prime.T / tau  # (N, N)
    own = torch.arange(len(h), device=h.device)
    return (cross_entropy(logits, own) + cross_entropy(logits.T, own)) / 2
