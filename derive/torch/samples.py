"""Rows of the two views for the indices of an expression, and their inner products."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from sympy import Expr
from torch import Tensor

from derive.errors import LoweringError
from derive.nodes import (
    H_PRIME,
    Z_PRIME,
    ExtraIndex,
    Given,
    H,
    HardestIndex,
    Index,
    SampleIndex,
    View,
    Z,
)
from derive.torch import arena
from derive.torch.axes import Labelled
from derive.torch.known import Known

Inputs = Mapping[str, Tensor]


class Samples(ABC):
    """h: (n, D), h_prime: (m, D); rows: the index that is restricted to a tile, and the tile;
    inputs, known: as an `Evaluator` takes them. Called on an expression, it evaluates it."""

    def __init__(
        self,
        h: Tensor,
        h_prime: Tensor,
        rows: tuple[SampleIndex, slice] | None,
        inputs: Inputs,
        known: Known,
    ):
        self.views = {H: h, H_PRIME: h_prime, Z: h, Z_PRIME: h_prime}
        self.rows, self.inputs, self.known = rows, inputs, known
        self._picked: dict[tuple[View, Expr], Tensor] = {}
        self._blocks = known.blocks_of(None if rows is None else rows[1].start)

    @abstractmethod
    def __call__(self, e: Expr) -> Labelled: ...

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

    def aligned(self, v: View, w: View, index: Expr) -> tuple[Tensor, Index]:
        """⟨v_i, w_i⟩ for an index, and the axis it runs over."""
        left, axis = self.embeddings(v, index)
        right, _ = self.embeddings(w, index)
        first = self.known.first.get(v.base, 0), self.known.first.get(w.base, 0)
        if not isinstance(index, SampleIndex) or "centred" in (v.role, w.role) or first != (0, 0):
            return _dots(left, right), axis
        rows = min(len(self.views[v.base]), len(self.views[w.base]))
        whole = self.known.aligned.get((v, w))
        if whole is None:
            whole = _dots(self.views[v.base][:rows], self.views[w.base][:rows])
            self.known.aligned[v, w] = whole
        return self._of_tile(whole, index), axis

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


def _dots(left: Tensor, right: Tensor) -> Tensor:
    """⟨a_i, b_i⟩ of the rows of two, (rows,)."""
    step = 1 << 10
    out = left.new_empty(len(left))
    for start in range(0, len(left), step):
        a, b = left[start : start + step], right[start : start + step]
        torch.sum(torch.mul(a, b, out=arena.like(a)), dim=1, out=out[start : start + step])
    return out
