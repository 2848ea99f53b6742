"""ArcCon from Zhang et al. 2022 (ACL), as arXiv:2402.18281 §2.2 gives it."""

import math

import torch
from torch import Tensor
from torch.linalg import vector_norm
from torch.nn.functional import cross_entropy


def loss(h: Tensor, h_prime: Tensor, *, tau: float = 0.05, u: float = math.pi / 18) -> Tensor:
    """Mean over anchors of InfoNCE whose positive logit is cos(θ_ii' + u)/τ, in nats.

    h, h_prime: (N, D) unit rows. τ > 0; u in radians, 0 ≤ u < π. θ in [0, π].
    Where h_i = ±h'_i the angle has no derivative; its subgradient there is zero.
    """
    return terms(h, h_prime, tau=tau, u=u).mean()


def terms(h: Tensor, h_prime: Tensor, *, tau: float, u: float) -> Tensor:
    """(N,): the term of each anchor."""
    # acos(<h,h'>) is NaN where rounding lifts <h,h'> above 1; this form is exact to
    # rounding at every angle, and norms have the zero subgradient at coincident points.
    theta = 2 * torch.atan2(vector_norm(h - h_prime, dim=1), vector_norm(h + h_prime, dim=1))
    positive = torch.cos(theta + u)  # (N,)
    own = torch.eye(len(h), dtype=torch.bool, device=h.device)
    logits = torch.where(own, positive[:, None], h @ h_prime.T) / tau  # (N, N)
    return cross_entropy(logits, torch.arange(len(h), device=h.device), reduction="none")
