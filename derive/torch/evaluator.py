"""Evaluates expressions on one batch (or a tile of it), each subexpression once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from sympy import Expr
from torch import Tensor

from derive.errors import LoweringError
from derive.nodes import (
    NEGATIVE,
    Exp,
    H,
    SampleIndex,
    free_indices,
)
from derive.torch import arena
from derive.torch.axes import Labelled
from derive.torch.known import Known
from derive.torch.logarithms import Shifted, is_exponential
from derive.torch.reductions import as_pair, template
from derive.torch.rules import RULES
from derive.torch.samples import Inputs as Inputs
from derive.torch.samples import Samples

Values = Mapping[str, float | Tensor]


class Evaluator(Samples):
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
        super().__init__(h, h_prime, rows, inputs or {}, known or Known(h.shape[0]))
        self.values = values
        self.off_diagonal = off_diagonal
        self.logs: dict[Expr, Labelled] = dict(logs or {})
        self.shifted: dict[Expr, Shifted] = {}
        self.shares: dict[tuple[Expr, ...], Labelled] = {}
        self._known: dict[Expr, Labelled] = {}
        start = None if rows is None else rows[1].start
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

    def by_logarithm(self, e: Expr) -> bool:
        """Whether an expression is computed as the exponential of its logarithm."""
        return not self.known.direct and is_exponential(e)

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
