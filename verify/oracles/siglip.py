"""The sigmoid loss from Zhai et al. 2023 (SigLIP), arXiv:2303.15343, §3.2 and Algorithm 1."""

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


def loss(h: Tensor, h_prime: Tensor, *, t: float = 10.0, b: float = -10.0) -> Tensor:
    """(1/N) Σ_ij log(1 + e^{−y_ij (t <h_i,h'_j> + b)}), y = 1 for i = j and −1 else, in nats.

    h, h_prime: (N, D) unit rows. t > 0 the scale, b the bias of the logits. A batch scalar.
    """
    logits = t * (h @ h_prime.T) + b  # (N, N)
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    # logsigmoid is exact at any logit; softplus turns linear at 20, e⁻²⁰ early.
    return -logsigmoid(torch.where(own, logits, -logits)).sum() / len(h)
