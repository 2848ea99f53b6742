"""The embeddings and other inputs that are measured, made from a seed."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from derive.objective import Objective

# Cosine of a pair. Every gate of the catalogue is open at .3 from N = 512, and shut at .9.
OPEN, SHUT = 0.3, 0.9
CLASSES = 64  # of SupCon's labels
EXTRAS = 8  # mixed negatives an anchor


def unit(n: int, d: int, active: float = 1.0, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Two views (n, d) with rows of norm 1; `active` is the share of rows with open gates, which
    come first."""
    generator = torch.Generator().manual_seed(0)
    first, other = (normalize(torch.randn(n, d, generator=generator, dtype=dtype)) for _ in "12")
    other = normalize(other - (other * first).sum(1, keepdim=True) * first)  # at a right angle
    cosine = torch.full((n, 1), SHUT, dtype=dtype)
    cosine[: round(active * n)] = OPEN
    return [first, normalize(cosine * first + (1 - cosine**2).sqrt() * other)]


def raw(n: int, d: int, scale: float = 1.0, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Two views (n, d), features of standard deviation `scale`."""
    return [scale * d**0.5 * x for x in unit(n, d, dtype=dtype)]


def inputs(names: tuple[str, ...], n: int) -> dict[str, Tensor]:
    """Labels, and sample numbers other than the anchor's, of the inputs named."""
    generator = torch.Generator().manual_seed(1)
    found = {}
    for name in names:
        if name == "labels":
            found[name] = torch.randint(0, CLASSES, (n,), generator=generator)
        else:
            others = torch.randint(0, n - 1, (n, EXTRAS), generator=generator)
            found[name] = others + (others >= torch.arange(n)[:, None])
    return found


def batch_of(objective: Objective, n: int, d: int, active: float = 1.0) -> list[Tensor]:
    """Unit or raw embeddings, as the objective takes them."""
    return raw(n, d) if objective.embeddings == "raw" else unit(n, d, active)
