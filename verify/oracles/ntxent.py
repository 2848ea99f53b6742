"""NT-Xent from Chen et al. 2020 (SimCLR), arXiv:2002.05709, Eq. 1 and Algorithm 1."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


def loss(h: Tensor, h_prime: Tensor, *, tau: float = 0.5) -> Tensor:
    """Mean over 2N anchors of −log(e^{<z_i,z_p>/τ} / Σ_{k≠i} e^{<z_i,z_k>/τ}), in nats.

    z: both views, 2N rows; p: the other view of i; k runs over the other 2N − 1 rows, so that each
    anchor has 2N − 2 negatives. h, h_prime: (N, D) unit rows. τ > 0. A batch scalar.
    """
    z, n = torch.cat([h, h_prime]), len(h)
    own = torch.eye(2 * n, dtype=torch.bool, device=h.device)
    logits = (z @ z.T / tau).masked_fill(own, -torch.inf)  # (2N, 2N)
    return cross_entropy(logits, torch.arange(2 * n, device=h.device).roll(n))
