"""The tiled engine for objectives of one anchor's term: value and all gradients in one pass.

A tile of anchors at a time: the block of similarities S = H_t H'ᵀ, what the rows need of it, the
coefficient block A (∂L_i/∂c_ij' off the diagonal, ∂L_i/∂c_ii' on it), then dH_t = A H' and
dH' += Aᵀ H_t. Memory is O(tile · N). Coefficients whose only entry is at the hardest negative
need no product but S.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from sympy import Add, Expr, Mul, S
from torch import Tensor

from derive.nodes import (
    ANCHOR,
    H_PRIME,
    NEGATIVE,
    Delta,
    H,
    HardestIndex,
    IndexSum,
    free_indices,
)
from derive.similarity import RowCoefficients
from derive.torch.axes import Labelled
from derive.torch.evaluator import Evaluator, Inputs, Values
from derive.torch.logarithms import is_exponential, log_of

# A tile's block of similarities, in entries (8 MiB in float32): with fewer rows the matrix
# products slow down (N = 4096, D = 768, 2 cores: 64 rows cost 1.5 times what 512 do).
_BLOCK, _ROWS = 1 << 21, 256


@dataclass(frozen=True)
class Gradients:
    """value: the mean over anchors, (); by_h, by_h_prime: its gradients, (N, D)."""

    value: Tensor
    by_h: Tensor
    by_h_prime: Tensor


@dataclass(frozen=True)
class _OneHot:
    """weight_i at j = index(i), zero elsewhere."""

    weight: Expr
    index: Expr


@dataclass(frozen=True)
class _Pairwise:
    """A coefficient of (i, j), j ≠ i: a dense part and parts at one index a row."""

    dense: Expr
    one_hot: tuple[_OneHot, ...]

    @classmethod
    def of(cls, coefficient: Expr) -> "_Pairwise":
        dense, one_hot = [], []
        for term in Add.make_args(coefficient):
            found = _one_hot(term)
            if found is None:
                dense.append(term)
            else:
                one_hot.append(found)
        return cls(Add(*dense), tuple(one_hot))


def _one_hot(term: Expr) -> _OneHot | None:
    factors = Mul.make_args(term)
    for x in factors:
        if isinstance(x, Delta) and NEGATIVE in x.args:
            index = next(y for y in x.args if y != NEGATIVE)
            if isinstance(index, HardestIndex):
                rest = Mul(*[y for y in factors if y is not x])
                return _OneHot(rest.xreplace({NEGATIVE: index}), index)
    return None


@dataclass(frozen=True)
class RowEngine:
    """Evaluates one objective; built once from its symbolic coefficients.

    tile: anchors per tile (None: as many as make a block of a few MiB, and at least 256).
    """

    rule: RowCoefficients
    tile: int | None = None
    cross: _Pairwise = field(init=False)
    same: _Pairwise = field(init=False)
    cross_norm: _Pairwise = field(init=False)
    statistics: tuple[Expr, ...] = field(init=False)

    def __post_init__(self) -> None:
        for name in ("cross", "same", "cross_norm"):
            object.__setattr__(self, name, _Pairwise.of(getattr(self.rule, name)))
        object.__setattr__(self, "statistics", tuple(_batch_statistics(self.rule)))

    def tiles(self, h: Tensor) -> Iterator[slice]:
        size = self.tile or max(_ROWS, _BLOCK // h.shape[0])
        for start in range(0, h.shape[0], size):
            yield slice(start, min(start + size, h.shape[0]))

    def value(self, h: Tensor, h_prime: Tensor, values: Values, inputs: Inputs) -> Tensor:
        """The mean over anchors, without gradients. h, h_prime: (N, D)."""
        logs = self._logs(h, h_prime, values, inputs)
        rows = [
            Evaluator(h, h_prime, values, (ANCHOR, tile), logs, inputs=inputs)(
                self.rule.value
            ).over((ANCHOR,))
            for tile in self.tiles(h)
        ]
        return torch.cat(
            [x.expand(_length(t)) for x, t in zip(rows, self.tiles(h), strict=True)]
        ).mean()

    def gradients(self, h: Tensor, h_prime: Tensor, values: Values, inputs: Inputs) -> Gradients:
        """Value and gradients of the mean over anchors. h, h_prime: (N, D), one dtype."""
        logs = self._logs(h, h_prime, values, inputs)
        out = Gradients(h.new_zeros(()), torch.zeros_like(h), torch.zeros_like(h_prime))
        for rows in self.tiles(h):
            ev = Evaluator(
                h, h_prime, values, (ANCHOR, rows), logs, off_diagonal=True, inputs=inputs
            )
            _Tile(self, ev, rows, out).add()
        for x in (out.value, out.by_h, out.by_h_prime):
            x /= h.shape[0]
        return out

    def _logs(
        self, h: Tensor, h_prime: Tensor, values: Values, inputs: Inputs
    ) -> dict[Expr, Labelled]:
        """Logarithms of statistics of the whole batch, tile by tile of their outer index."""
        known: dict[Expr, Labelled] = {}
        for e in self.statistics:
            body, k = e.args
            logs = [
                log_of(Evaluator(h, h_prime, values, (k, rows), inputs=inputs), body).over((k,))
                for rows in self.tiles(h)
            ]
            known[e] = Labelled(torch.logsumexp(torch.cat(logs), dim=0))
        return known


def _length(rows: slice) -> int:
    return int(rows.stop - rows.start)


def _batch_statistics(rule: RowCoefficients) -> list[Expr]:
    """Sums over the whole batch that no free index enters: Σ_{k≠l} e^{c_kl/τ}."""
    found: set[Expr] = set()
    for e in vars(rule).values():
        for x in e.atoms(IndexSum):
            if not free_indices(x) and is_exponential(x):
                found.add(x)
    return sorted(found, key=str)


@dataclass(frozen=True)
class _Tile:
    """One tile of anchors: its part of the value and of both gradients."""

    engine: RowEngine
    ev: Evaluator
    rows: slice
    out: Gradients

    def add(self) -> None:
        rule = self.engine.rule
        self.out.value.add_(self._row(rule.value).sum())
        h, h_prime = self.ev.views[H], self.ev.views[H_PRIME]
        self._pairs(self.engine.cross, h_prime, self.out.by_h_prime, self._row(rule.positive))
        self._pairs(self.engine.same, h, self.out.by_h, None)
        self.out.by_h[self.rows] += 2 * self._row(rule.norm)[:, None] * h[self.rows]
        self._norms(h_prime)

    def _row(self, e: Expr) -> Tensor:
        """A statistic of each anchor, (t,)."""
        return self.ev(e).over((ANCHOR,)).expand(_length(self.rows))

    def _pairs(self, pairs: _Pairwise, other: Tensor, by_other: Tensor, own: Tensor | None) -> None:
        """dH_t += A·other and d_other += Aᵀ·H_t; `own` is A's entry for j = i."""
        h, by_h = self.ev.views[H][self.rows], self.out.by_h
        if pairs.dense != 0:
            with self._block(pairs.dense, own) as block:
                by_h[self.rows] += block @ other
                by_other.addmm_(block.T, h)
        elif own is not None:
            by_h[self.rows] += own[:, None] * other[self.rows]
            by_other[self.rows] += own[:, None] * h
        for part in pairs.one_hot:
            at, weight = self.ev(part.index).data, self._row(part.weight)[:, None]
            by_h[self.rows] += weight * other[at]
            by_other.index_add_(0, at, weight * h)

    @contextmanager
    def _block(self, e: Expr, own: Tensor | None) -> Iterator[Tensor]:
        """A coefficient over (anchor, j) with its own entries at j = i, for a while: the tensor
        may be one that other expressions are made of."""
        n = self.out.by_h.shape[0]
        block = self.ev(e).over((ANCHOR, NEGATIVE)).expand(_length(self.rows), n)
        block = block.clone() if block.stride(0) == 0 or block.stride(1) == 0 else block
        diagonal = block.diagonal(offset=self.rows.start)
        kept = diagonal.clone()
        diagonal.copy_(own if own is not None else torch.zeros_like(diagonal))
        try:
            yield block
        finally:
            diagonal.copy_(kept)

    def _norms(self, h_prime: Tensor) -> None:
        """The part through ‖h'_j‖², for losses of distances."""
        rule, by = self.engine.rule, self.out.by_h_prime
        if rule.positive_norm != S.Zero:
            by[self.rows] += 2 * self._row(rule.positive_norm)[:, None] * h_prime[self.rows]
        pairs = self.engine.cross_norm
        if pairs.dense != 0:
            with self._block(pairs.dense, None) as block:
                by += 2 * block.sum(dim=0)[:, None] * h_prime
        for part in pairs.one_hot:
            at, weight = self.ev(part.index).data, self._row(part.weight)[:, None]
            by.index_add_(0, at, 2 * weight * h_prime[at])
