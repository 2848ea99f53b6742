"""Hypothesis strategies for batches of unit embeddings.

A drawn `Batch` is four small values (regime, n, d, seed), so it prints as one line, shrinks well
and can be built again from that line; torch makes its embeddings from the seed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import torch
from hypothesis import strategies as st
from torch import Tensor

from derive.errors import InputError, UnknownNameError
from verify.regimes import EPS as EPS
from verify.regimes import REGIMES as REGIMES
from verify.regimes import TIED as TIED
from verify.regimes import Views
from verify.regimes import unit as unit

MIN_GAP = 2**10 * EPS  # between an anchor's two largest negatives: near, but never a tie
_ATTEMPTS = 1000  # a draw that lands on a tie by chance is drawn again


@dataclass(frozen=True)
class Batch:
    """n pairs of unit vectors in R^d, float64, made from `seed` in a way named by `regime`.

    Rows are unit to 4 ulp. In every regime of `REGIMES` the two largest cosines of an anchor with
    the negatives of either view differ by `MIN_GAP` at least, so that "the hardest" is one index;
    those of `TIED` hold exact ties, and d = 1 is nothing else (every cosine is ±1).
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
        draw, accept = {**REGIMES, **TIED}[self.regime]
        least = 0.0 if self.regime in TIED else MIN_GAP
        generator = torch.Generator().manual_seed(self.seed)
        for _ in range(_ATTEMPTS):
            h, h_prime = draw(self.n, self.d, generator)
            if smallest_gap(h, h_prime) >= least and accept(h, h_prime):
                return h, h_prime
        raise InputError(
            f"{self!r} met only ties in {_ATTEMPTS} draws: {self.n} vectors in R^{self.d} are "
            "too crowded for this regime. Give fewer vectors or more dimensions."
        )


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


def hyperspherical_batches(
    *,
    min_n: int = 2,
    max_n: int = 8,
    min_d: int = 2,
    max_d: int = 8,
    regimes: Iterable[str] = tuple(REGIMES),
) -> st.SearchStrategy[Batch]:
    """Batches of min_n ≤ n ≤ max_n pairs in R^d, min_d ≤ d ≤ max_d, in any of the regimes.

    The default is every regime without ties; those of `TIED` have to be named. `near_tie` draws
    n ≥ 3. Raises `InputError` for n < 2 (no negative), d < 2 without a regime of `TIED` (every
    cosine is ±1, all of them ties) and empty ranges, `UnknownNameError` for an unknown regime.
    """
    chosen = list(regimes)
    for regime in chosen:
        if regime not in REGIMES and regime not in TIED:
            raise UnknownNameError("regime", regime, [*REGIMES, *TIED])
    _check_range("n", min_n, max_n, 2)
    _check_range("d", min_d, max_d, 1 if TIED.keys() & set(chosen) else 2)
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
            d=st.integers(min_d if regime in TIED else max(min_d, 2), max_d),
            seed=st.integers(0, 2**32 - 1),
        )

    return st.sampled_from(chosen).flatmap(of)


def _check_range(name: str, low: int, high: int, least: int) -> None:
    if not least <= low <= high:
        raise InputError(
            f"min_{name}={low}, max_{name}={high}: a batch has at least two pairs, and without "
            f"exact ties two dimensions. Give {least} ≤ min_{name} ≤ max_{name}."
        )
