"""Evaluates expressions on one batch (or a tile of it), each subexpression once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from sympy import Expr
from torch import Tensor

from derive.errors import LoweringError
from derive.nodes import H_PRIME, H, HardestIndex, Index, SampleIndex, View
from derive.torch.axes import Labelled
from derive.torch.logarithms import Shifted
from derive.torch.rules import RULES

Values = Mapping[str, float]


class Evaluator:
    """Evaluates expressions on one batch, each subexpression once.

    rows: restrict one sample index (the anchor) to a slice of the batch, for tiles.
    logs: logarithms that are given (of a normaliser over the whole batch, for tiles).
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
    ):
        self.views = {H: h, H_PRIME: h_prime}
        self.values = values
        self.rows = rows
        self.off_diagonal = off_diagonal
        self.logs: dict[Expr, Labelled] = dict(logs or {})
        self.shifted: dict[Expr, Shifted] = {}
        self._known: dict[Expr, Labelled] = {}
        self._blocks: dict[tuple[View, bool, View, bool], Tensor] = {}

    def __call__(self, e: Expr) -> Labelled:
        found = self._known.get(e)
        if found is None:
            found = self._known[e] = self._evaluate(e)
        return found

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
        return Labelled(torch.tensor(x, dtype=h.dtype, device=h.device))

    def size(self, k: Index) -> int:
        samples, features = self.views[H].shape
        return int(samples) if isinstance(k, SampleIndex) else int(features)

    def positions(self, index: Expr) -> Labelled:
        """The sample (or feature) numbers an index stands for."""
        if isinstance(index, HardestIndex):
            return self(index)
        numbers = torch.arange(self.size(index), device=self.views[H].device)
        if self.rows is not None and index == self.rows[0]:
            numbers = numbers[self.rows[1]]
        return Labelled(numbers, (index,))

    def start(self, index: Index) -> int:
        """The first sample an index runs over: that of the tile for the anchor, else 0."""
        if self.rows is None or index != self.rows[0]:
            return 0
        return int(self.rows[1].start)

    def embeddings(self, view: View, index: Expr) -> tuple[Tensor, Index]:
        """Rows of a view for an index, (rows, D), and the axis the rows run over."""
        data = self.views[view.base]
        if view.role == "centred":
            data = data - data.mean(dim=0)
        if isinstance(index, HardestIndex):
            at = self(index)
            if len(at.axes) != 1:
                raise LoweringError(f"{index} needs exactly one anchor.")
            return data[at.data], at.axes[0]
        if self.rows is not None and index == self.rows[0]:
            data = data[self.rows[1]]
        return data, index

    def block(self, v: View, i: Index, w: View, j: Index) -> Tensor:
        """⟨v_i, w_j⟩ over two different indices: one matrix product, whatever they are called."""
        tiled = None if self.rows is None else self.rows[0]
        name = (v, i == tiled, w, j == tiled)
        if name not in self._blocks:
            self._blocks[name] = self.embeddings(v, i)[0] @ self.embeddings(w, j)[0].T
        return self._blocks[name]

    def gathered(self, v: View, w: View, at: Labelled) -> Tensor | None:
        """⟨v_i, w_at(i)⟩ from the block of the tile, if there is one."""
        if self.rows is None or at.axes != (self.rows[0],):
            return None
        block = self._blocks.get((v, True, w, False))
        return None if block is None else block.gather(1, at.data[:, None]).squeeze(1)

    @contextmanager
    def leaving_out(self, value: Labelled, guarded: bool = True) -> Iterator[Tensor]:
        """The data of a value over two sample indices, with −∞ where they agree, for a while."""
        data = value.data
        if not guarded:
            yield data
            return
        first, second = (self.start(k) for k in value.axes)
        diagonal = data.diagonal(offset=first - second)
        kept = diagonal.clone()
        diagonal.fill_(-torch.inf)
        try:
            yield data
        finally:
            diagonal.copy_(kept)

    def without(self, guard: Expr, value: Labelled) -> Labelled:
        """The value with −∞ wherever the two indices of a `Distinct` agree."""
        axes = value.axes + tuple(x for x in guard.args if x not in value.axes)
        masked = value.over(axes).masked_fill(self(guard).over(axes) == 0, -torch.inf)
        return Labelled(masked, axes)
