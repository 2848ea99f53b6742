"""Supervised contrastive loss from Khosla et al. 2020, arXiv:2004.11362, Eq. 2 (L_out)."""

import torch
from torch import Tensor


def loss(h: Tensor, h_prime: Tensor, *, labels: Tensor, tau: float = 0.1) -> Tensor:
    """Mean over 2N anchors of −(1/|P_i|) Σ_{p∈P_i} log(e^{<z_i,z_p>/τ} / Σ_{k≠i} e^{<z_i,z_k>/τ}).

    z: both views, 2N rows; P_i: every other row with i's label, the other view of i included.
    h, h_prime: (N, D) unit rows. labels: (N,) integers, one for both views of a sample. τ > 0.
    In nats; a batch scalar.
    """
    z, y = torch.cat([h, h_prime]), torch.cat([labels, labels])
    own = torch.eye(len(z), dtype=torch.bool, device=h.device)
    logits = (z @ z.T / tau).masked_fill(own, -torch.inf)  # (2N, 2N)
    log_share = torch.log_softmax(logits, dim=1)
    positive = (y[:, None] == y[None, :]) & ~own
    total = torch.where(positive, log_share, torch.zeros_like(log_share)).sum(dim=1)
    return -(total / positive.sum(dim=1)).mean()
