"""How a batch is drawn in each regime: two views of n unit vectors in R^d from a generator."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.linalg import vector_norm

EPS = torch.finfo(torch.float64).eps

Views = tuple[Tensor, Tensor]
Draw = Callable[[int, int, torch.Generator], Views]
Accept = Callable[[Tensor, Tensor], bool]


def unit(x: Tensor) -> Tensor:
    """Each row divided by its norm."""
    return x / vector_norm(x, dim=-1, keepdim=True)


def _normal(n: int, d: int, generator: torch.Generator) -> Tensor:
    return torch.randn(n, d, generator=generator, dtype=torch.float64)


def _log_uniform(low: float, high: float, generator: torch.Generator) -> float:
    """10^x, x uniform in [low, high]."""
    share = torch.rand((), generator=generator, dtype=torch.float64).item()
    return float(10 ** (low + (high - low) * share))


def _independent(n: int, d: int, generator: torch.Generator) -> Views:
    return unit(_normal(n, d, generator)), unit(_normal(n, d, generator))


def _paired(n: int, d: int, generator: torch.Generator) -> Views:
    """A positive is its anchor and noise of relative size 0.01 to 0.3."""
    h = unit(_normal(n, d, generator))
    noise = _log_uniform(-2, -0.5, generator) * unit(_normal(n, d, generator))
    return h, unit(h + noise)


def _narrow_cone(n: int, d: int, generator: torch.Generator) -> Views:
    """Everything within 0.001 to 0.1 radians of one axis, as in a collapsing encoder."""
    return _around_an_axis(n, d, generator, -3, -1)


def _around_an_axis(n: int, d: int, generator: torch.Generator, least: float, most: float) -> Views:
    """least, most: of the logarithm of the width."""
    axis = unit(_normal(1, d, generator))
    width = _log_uniform(least, most, generator)
    h = unit(axis + width * unit(_normal(n, d, generator)))
    return h, unit(axis + width * unit(_normal(n, d, generator)))


def _planted_hard_negative(n: int, d: int, generator: torch.Generator) -> Views:
    """The first anchor is nearer to the second's positive than to its own."""
    h, h_prime = _paired(n, d, generator)
    own = vector_norm(h[0] - h_prime[0])
    h_prime[1] = unit(h[0] + 0.5 * own * unit(_normal(1, d, generator))[0])
    return h, h_prime


def _near_tie(n: int, d: int, generator: torch.Generator) -> Views:
    """The first anchor's two largest cross-view negatives differ by 2^12 to 2^24 ulp."""
    h, h_prime = _independent(n, d, generator)
    gap = 2 ** (12 + 12 * torch.rand((), generator=generator, dtype=torch.float64).item()) * EPS
    others = h_prime[3:] @ h[0]
    floor = max(others.max().item(), -0.5) if n > 3 else -0.5
    top = floor + (1 - floor) * 0.5
    for row, cosine in ((1, top), (2, top - gap)):
        across = _normal(1, d, generator)[0]
        across = unit(across - (across @ h[0]) * h[0])
        h_prime[row] = unit(cosine * h[0] + (1 - cosine**2) ** 0.5 * across)
    return h, h_prime


def _near_collapse(n: int, d: int, generator: torch.Generator) -> Views:
    """Everything within 10⁻⁵ to 10⁻³ radians of one axis: cosines differ by 10⁻¹⁰ to 10⁻⁶."""
    return _around_an_axis(n, d, generator, -5, -3)


def _antipodal(n: int, d: int, generator: torch.Generator) -> Views:
    """A positive is opposite to its anchor, and noise of relative size 0.01 to 0.3."""
    h, h_prime = _paired(n, d, generator)
    return h, -h_prime


def _duplicates(n: int, d: int, generator: torch.Generator) -> Views:
    """Independent rows, of which some in one view or in both are copies of the row before."""
    h, h_prime = _independent(n, d, generator)
    which = int(torch.randint(3, (), generator=generator))
    copies = 1 + (torch.rand(n - 1, generator=generator) < 0.5).nonzero().flatten()
    for at in copies.tolist() or [n - 1]:
        if which != 0:
            h[at] = h[at - 1]
        if which != 1:
            h_prime[at] = h_prime[at - 1]
    return h, h_prime


def _anything(h: Tensor, h_prime: Tensor) -> bool:
    return True


def _is_hard(h: Tensor, h_prime: Tensor) -> bool:
    return bool(h[0] @ h_prime[1] > h[0] @ h_prime[0])


REGIMES: dict[str, tuple[Draw, Accept]] = {
    "independent": (_independent, _anything),
    "paired": (_paired, _anything),
    "narrow_cone": (_narrow_cone, _anything),
    "planted_hard_negative": (_planted_hard_negative, _is_hard),
    "near_tie": (_near_tie, _anything),  # needs three pairs: two negatives
    "near_collapse": (_near_collapse, _anything),
    "antipodal": (_antipodal, _anything),
}
TIED: dict[str, tuple[Draw, Accept]] = {"duplicates": (_duplicates, _anything)}
