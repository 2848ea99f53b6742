"""Hypothesis strategies for batches of unit embeddings.

A drawn `Batch` is four small values (regime, n, d, seed), so it prints as one line, shrinks well
and can be built again from that line; torch makes its embeddings from the seed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import torch
from hypothesis import strategies as st
from torch import Tensor
from torch.linalg import vector_norm

from derive.errors import InputError, UnknownNameError

EPS = torch.finfo(torch.float64).eps
MIN_GAP = 2**10 * EPS  # between an anchor's two largest negatives: near, but never a tie
_ATTEMPTS = 1000  # a draw that lands on a tie by chance is drawn again

Views = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Batch:
    """n pairs of unit vectors in R^d, float64, made from `seed` in a way named by `regime`.

    Rows are unit to 4 ulp. In every regime the two largest cosines of an anchor with the
    negatives of either view differ by `MIN_GAP` at least, so that "the hardest" is one index.
    """

    regime: str
    n: int
    d: int
    seed: int

    @property
    def h(self) -> Tensor:
        """(n, d): the anchors."""
        return self._views[0]

    @property
    def h_prime(self) -> Tensor:
        """(n, d): the positives."""
        return self._views[1]

    @cached_property
    def _views(self) -> Views:
        draw, accept = REGIMES[self.regime]
        generator = torch.Generator().manual_seed(self.seed)
        for _ in range(_ATTEMPTS):
            h, h_prime = draw(self.n, self.d, generator)
            if smallest_gap(h, h_prime) >= MIN_GAP and accept(h, h_prime):
                return h, h_prime
        raise InputError(
            f"{self!r} met only ties in {_ATTEMPTS} draws: {self.n} vectors in R^{self.d} are "
            "too crowded for this regime. Give fewer vectors or more dimensions."
        )


def unit(x: Tensor) -> Tensor:
    """Each row divided by its norm."""
    return x / vector_norm(x, dim=-1, keepdim=True)


def smallest_gap(h: Tensor, h_prime: Tensor) -> float:
    """The least difference of an anchor's two largest negative cosines; ∞ for n = 2.

    Over anchors of both views and negatives of both views.
    """
    if len(h) < 3:
        return torch.inf
    products = torch.stack([h @ h_prime.T, h_prime @ h.T, h @ h.T, h_prime @ h_prime.T])
    own = torch.eye(len(h), dtype=torch.bool)
    top = products.masked_fill(own, -torch.inf).topk(2, dim=-1).values  # (4, n, 2)
    return (top[..., 0] - top[..., 1]).min().item()


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
    axis = unit(_normal(1, d, generator))
    width = _log_uniform(-3, -1, generator)
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


def _anything(h: Tensor, h_prime: Tensor) -> bool:
    return True


def _is_hard(h: Tensor, h_prime: Tensor) -> bool:
    return bool(h[0] @ h_prime[1] > h[0] @ h_prime[0])


REGIMES: dict[
    str, tuple[Callable[[int, int, torch.Generator], Views], Callable[[Tensor, Tensor], bool]]
] = {
    "independent": (_independent, _anything),
    "paired": (_paired, _anything),
    "narrow_cone": (_narrow_cone, _anything),
    "planted_hard_negative": (_planted_hard_negative, _is_hard),
    "near_tie": (_near_tie, _anything),  # needs three pairs: two negatives
}


def hyperspherical_batches(
    *,
    min_n: int = 2,
    max_n: int = 8,
    min_d: int = 2,
    max_d: int = 8,
    regimes: Iterable[str] = tuple(REGIMES),
) -> st.SearchStrategy[Batch]:
    """Batches of min_n ≤ n ≤ max_n pairs in R^d, min_d ≤ d ≤ max_d, in any of the regimes.

    `near_tie` draws n ≥ 3. Raises `InputError` for n < 2 (no negative), d < 2 (every cosine is
    ±1, all of them ties) and empty ranges, `UnknownNameError` for an unknown regime.
    """
    chosen = list(regimes)
    for regime in chosen:
        if regime not in REGIMES:
            raise UnknownNameError("regime", regime, REGIMES)
    _check_range("n", min_n, max_n)
    _check_range("d", min_d, max_d)
    if not chosen or ("near_tie" in chosen and max_n < 3):
        raise InputError(
            f"regimes={chosen} with max_n={max_n} leaves nothing to draw. near_tie needs three "
            "pairs: raise max_n or name other regimes."
        )

    def of(regime: str) -> st.SearchStrategy[Batch]:
        least = max(min_n, 3) if regime == "near_tie" else min_n
        return st.builds(
            Batch,
            regime=st.just(regime),
            n=st.integers(least, max_n),
            d=st.integers(min_d, max_d),
            seed=st.integers(0, 2**32 - 1),
        )

    return st.sampled_from(chosen).flatmap(of)


def _check_range(name: str, low: int, high: int) -> None:
    if not 2 <= low <= high:
        raise InputError(
            f"min_{name}={low}, max_{name}={high}: a batch has at least two pairs and two "
            f"dimensions. Give 2 ≤ min_{name} ≤ max_{name}."
        )
