"""Small batches of unit vectors, made from a seed."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from derive.nodes import D, N
from derive.objective import Objective


def unit_batch(n: int, d: int, seed: int = 0, noise: float = 0.5) -> tuple[Tensor, Tensor]:
    """Two views, (n, d) each, float64; `noise` apart before normalising."""
    generator = torch.Generator().manual_seed(seed)
    h = torch.randn(n, d, dtype=torch.float64, generator=generator)
    h_prime = h + noise * torch.randn(n, d, dtype=torch.float64, generator=generator)
    return normalize(h, dim=1), normalize(h_prime, dim=1)


def default_values(objective: Objective, n: int, d: int, **settings: object) -> dict[str, float]:
    """Every hyper-parameter as a float, at a batch of that size."""
    defaults = objective.defaults(settings)
    return {name: float(value.subs({N: n, D: d})) for name, value in defaults.items()}
