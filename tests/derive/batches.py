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


def raw_batch(n: int, d: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Two views, (n, d) each, float64, rows of norms between about 0.3 and 3."""
    h, h_prime = unit_batch(n, d, seed)
    scales = torch.linspace(0.3, 3, n, dtype=torch.float64)[:, None]
    return scales * h, scales.flip(0) * h_prime


def batch_of(objective: Objective, n: int, d: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Unit or raw embeddings, as the objective takes them."""
    return (raw_batch if objective.embeddings == "raw" else unit_batch)(n, d, seed)


def inputs_of(objective: Objective, n: int, seed: int = 0) -> dict[str, Tensor]:
    """Labels of three classes and arrays of four sample numbers, for those the objective takes."""
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name in objective.inputs:
        if name == "labels":
            found[name] = torch.randint(0, 3, (n,), generator=generator)
        else:
            others = torch.randint(0, n - 1, (n, 4), generator=generator)
            found[name] = others + (others >= torch.arange(n)[:, None])
    return found


def default_values(objective: Objective, n: int, d: int, **settings: object) -> dict[str, float]:
    """Every hyper-parameter as a float, at a batch of that size."""
    defaults = objective.defaults(settings)
    return {name: float(value.subs({N: n, D: d})) for name, value in defaults.items()}
