"""Evaluates expressions on one batch (or a tile of it), each subexpression once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from sympy import Expr
from torch import Tensor

from derive.errors import LoweringError
from derive.nodes import (
    H_PRIME,
    NEGATIVE,
    Z_PRIME,
    Exp,
    ExtraIndex,
    Given,
    H,
    HardestIndex,
    Index,
    SampleIndex,
    View,
    Z,
    free_indices,
)
from derive.torch import arena
from derive.torch.axes import Labelled
from derive.torch.known import Known
from derive.torch.logarithms import Shifted, is_exponential
from derive.torch.reductions import as_pair, template
from derive.torch.rules import RULES

Values = Mapping[str, float | Tensor]
Inputs = Mapping[str, Tensor]


class Evaluator:
    """Evaluates expressions on one batch, each subexpression once.

    rows: restrict one sample index (the anchor) to a slice of the batch, for tiles.
    logs: logarithms that are given (of a normaliser over the whole batch, for tiles).
    inputs: what the loss takes beside the views, by name: labels (N,), sample numbers (N, M).
    known: what passes before have found of the whole batch, and the blocks they kept.
    off_diagonal: entries at j = i are never asked for, so that sums over j ≠ i and coefficients of
    j can share one block of exponentials.
    """

    def __init__(
        self,
        h: Tensor,
        h_prime: Tensor,
        values: Values,
        rows: tuple[SampleIndex, slice] | None = None,
        logs: dict[Expr, Labelled] | None = None,
        off_diagonal: bool = False,
        inputs: Inputs | None = None,
        known: Known | None = None,
    ):
        self.known = known or Known(h.shape[0])
        self.views = {H: h, H_PRIME: h_prime, Z: h, Z_PRIME: h_prime}
        self.inputs = inputs or {}
        self.values = values
        self.rows = rows
        self.off_diagonal = off_diagonal
        self.logs: dict[Expr, Labelled] = dict(logs or {})
        self.shifted: dict[Expr, Shifted] = {}
        self.shares: dict[tuple[Expr, ...], Labelled] = {}
        self._known: dict[Expr, Labelled] = {}
        self._picked: dict[tuple[View, Expr], Tensor] = {}
        start = None if rows is None else rows[1].start
        self._blocks = self.known.blocks_of(start)
        self._kept_exponentials = self.known.exponentials_of(start)

    def __call__(self, e: Expr) -> Labelled:
        found = self._known.get(e)
        if found is None:
            found = self.remembered(self.known.values, e)
            if found is None:
                found = self._as_pair(e) or self._kept(e) or self._evaluate(e)
                self.remember(self.known.values, e, found)
            self._known[e] = found
        return found

    def _kept(self, e: Expr) -> Labelled | None:
        """Exponentials of all pairs of the tile: kept by a pass before, or for the next."""
        if not self.known.keep_blocks or not isinstance(e, Exp) or self.rows is None:
            return None
        if free_indices(e) != {self.rows[0], NEGATIVE}:
            return None
        if e not in self._kept_exponentials:
            with arena.keeping():
                self._kept_exponentials[e] = self._evaluate(e)
        return self._kept_exponentials[e]

    def _as_pair(self, e: Expr) -> Labelled | None:
        """An expression of the tile's anchor and a sample k is the one of j by another name."""
        renamed = None if self.rows is None else as_pair(e, self.rows[0])
        if renamed is None:
            return None
        found = self(renamed[0])
        return Labelled(found.data, tuple(renamed[1] if x == NEGATIVE else x for x in found.axes))

    def remembered(self, store: dict[Expr, Tensor], e: Expr) -> Labelled | None:
        """What is known of an expression of one sample (or none), under any name of it."""
        key = template(e) if store and e.args else None
        if key is None or key[0] not in store:
            return None
        name, own = key
        data = store[name]
        if own is None:
            return Labelled(data)
        return Labelled(self._of_tile(data, own), (own,))

    def remember(self, store: dict[Expr, Tensor], e: Expr, found: Labelled) -> None:
        """Keeps an expression of one sample that is not the tile's: the next tile needs it too."""
        if self.rows is None or len(found.axes) != 1 or self.rows[0] == found.axes[0]:
            return
        key = template(e) if e.args else None
        if key is not None and found.axes == (key[1],):
            store[key[0]] = found.data

    def _evaluate(self, e: Expr) -> Labelled:
        for kind in type(e).__mro__:
            rule = RULES.get(kind)
            if rule is not None:
                return rule(self, e)
        raise LoweringError(
            f"no torch rule for {type(e).__name__} (in {e}). Add one to derive/torch/rules.py."
        )

    def knows(self, e: Expr) -> bool:
        """Whether an expression was given or evaluated before."""
        return e in self._known

    def scalar(self, x: float) -> Labelled:
        h = self.views[H]
        return Labelled(h.new_full((), x))

    def size(self, k: Index) -> int:
        if isinstance(k, ExtraIndex):
            return self.extras
        return self.known.samples if isinstance(k, SampleIndex) else int(self.views[H].shape[1])

    @property
    def extras(self) -> int:
        """M, the number of extra negatives of an anchor."""
        widths = {int(x.shape[1]) for x in self.inputs.values() if x.ndim == 2}
        if len(widths) != 1:
            raise LoweringError(f"the input arrays have {sorted(widths)} columns: give them one M.")
        return widths.pop()

    def given(self, name: str) -> Tensor:
        """An input. Raises `LoweringError` if it was not given."""
        if name not in self.inputs:
            raise LoweringError(f"no input {name}. Pass every one that the objective names.")
        return self.inputs[name]

    def positions(self, index: Expr) -> Labelled:
        """The sample (or feature) numbers an index stands for."""
        if isinstance(index, HardestIndex):
            return self(index)
        if isinstance(index, Given):
            array, i, m = index.args
            return Labelled(self._of_tile(self.given(array.name), i), (i, m))
        numbers = torch.arange(self.size(index), device=self.views[H].device)
        return Labelled(self._of_tile(numbers, index), (index,))

    def _of_tile(self, rows: Tensor, index: Expr) -> Tensor:
        """Those rows that belong to the tile, where the index is the tiled one."""
        return rows[self.rows[1]] if self.rows is not None and index == self.rows[0] else rows

    def _rows_of(self, view: View, index: Expr) -> Tensor:
        data = self.views[view]
        first = self.known.first.get(view, 0)
        if self.rows is None or index != self.rows[0]:
            return data
        return data[self.rows[1].start - first : self.rows[1].stop - first]

    def start(self, index: Index) -> int:
        """The first sample an index runs over: that of the tile for the anchor, else 0."""
        if self.rows is None or index != self.rows[0]:
            return 0
        return int(self.rows[1].start)

    def embeddings(self, view: View, index: Expr) -> tuple[Tensor, Index]:
        """Rows of a view for an index, (rows, D), and the axis the rows run over."""
        if view.role != "centred" and not isinstance(index, HardestIndex):
            return self._rows_of(view.base, index), index
        data = self.views[view.base]
        if view.role == "centred":
            data = self.known.centred_once(view.base, data)
        if isinstance(index, HardestIndex):
            at = self(index)
            if len(at.axes) != 1:
                raise LoweringError(f"{index} needs exactly one anchor.")
            if (view, index) not in self._picked:
                room = arena.block((len(at.data), data.shape[1]), data)
                self._picked[view, index] = torch.index_select(data, 0, at.data, out=room)
            return self._picked[view, index], at.axes[0]
        return self._of_tile(data, index), index

    def block(self, v: View, i: Index, w: View, j: Index) -> Tensor:
        """⟨v_i, w_j⟩ over two different indices: one matrix product, whatever they are called."""
        tiled = None if self.rows is None else self.rows[0]
        name = (v, i == tiled, w, j == tiled)
        if name not in self._blocks:
            kept = self._transposed(v, i, w, j)
            if kept is None:
                kept = self._similarities(self.embeddings(v, i)[0], self.embeddings(w, j)[0])
            self._blocks[name] = kept
        return self._blocks[name]

    def _similarities(self, left: Tensor, right: Tensor) -> Tensor:
        """Of all rows of two views; in memory of their own where a later pass may read them."""
        shape = (len(left), len(right))
        out = arena.block(shape, left, keep=self.known.keep_blocks)
        return torch.mm(left, right.T, out=out)

    def _transposed(self, v: View, i: Index, w: View, j: Index) -> Tensor | None:
        """⟨v_i, w_j⟩ for all i and the tile's j, out of the rows that a pass before has kept."""
        if self.rows is None or self.rows[0] != j or v == w:
            return None
        return self.known.columns((v, True, w, False), self.rows[1])

    def has_block(self, v: View, i: Index, w: View, j: Index) -> bool:
        """Whether the inner products of two views were computed."""
        tiled = None if self.rows is None else self.rows[0]
        return (v, i == tiled, w, j == tiled) in self._blocks

    def own_block(self, inner: Expr) -> Labelled | None:
        """⟨v_i, w_j⟩ over two samples for one reader, who may overwrite it; None where there are
        other readers."""
        v, i, w, j = inner.args
        indices = isinstance(i, SampleIndex) and isinstance(j, SampleIndex) and i != j
        if not indices or self.known.bare is None or (v, w) in self.known.bare:
            return None
        if self.rows is None or self.has_block(v, i, w, j):
            return None
        (left, rows), (right, columns) = self.embeddings(v, i), self.embeddings(w, j)
        return Labelled(self._similarities(left, right), (rows, columns))

    def by_logarithm(self, e: Expr) -> bool:
        """Whether an expression is computed as the exponential of its logarithm."""
        return not self.known.direct and is_exponential(e)

    def picked(self, v: View, i: Expr, w: View, given: Given) -> Labelled:
        """⟨v_i, w_p⟩ for the samples p that an input array gives anchor i: (i, m)."""
        at = self.positions(given)
        block = self.block(v, at.axes[0], w, SampleIndex("_any"))
        if i != at.axes[0]:
            raise LoweringError(f"{given} stands for samples of its own anchor, not of {i}.")
        return Labelled(block.gather(1, at.data), at.axes)

    def gathered(self, v: View, w: View, at: Labelled) -> Tensor | None:
        """⟨v_i, w_at(i)⟩ from the block of the tile, if there is one."""
        if self.rows is None or at.axes != (self.rows[0],):
            return None
        block = self._blocks.get((v, True, w, False))
        return None if block is None else block.gather(1, at.data[:, None]).squeeze(1)

    @contextmanager
    def leaving_out(
        self, value: Labelled, guarded: bool = True, nothing: float = -torch.inf
    ) -> Iterator[Tensor]:
        """The data of a value over two sample indices, with `nothing` where they agree, for a
        while."""
        data = value.data
        if not guarded:
            yield data
            return
        first, second = (self.start(k) for k in value.axes)
        diagonal = data.diagonal(offset=first - second)
        kept = diagonal.clone()
        diagonal.fill_(nothing)
        try:
            yield data
        finally:
            diagonal.copy_(kept)

    def without(self, guard: Expr, value: Labelled) -> Labelled:
        """The value with −∞ wherever the two indices of a `Distinct` agree."""
        kept = self(guard)
        axes = value.axes + tuple(x for x in kept.axes if x not in value.axes)
        masked = value.over(axes).masked_fill(kept.over(axes) == 0, -torch.inf)
        return Labelled(masked, axes)
