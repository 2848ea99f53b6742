"""One tile of anchors: its part of the gradients."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from sympy import Expr, S
from torch import Tensor

from derive.nodes import ANCHOR, NEGATIVE, Exp, Inner, Named, Step, View
from derive.torch import arena
from derive.torch.batches import checks_values
from derive.torch.evaluator import Evaluator
from derive.torch.flows import Flow, Matrix, OneHot
from derive.torch.pending import Pending, Sums
from derive.torch.plan import Plan

_WIDE = 6  # candidates a feature
_SPARSE = 0.75  # with fewer active rows than this share, they are copied out for the products


@dataclass(frozen=True)
class Tile:
    """rows: the anchors, numbered over the whole batch; out: the gradient of each view, of which
    row 0 is the sample `first[view]`; pending: what is added to it after the last tile; scale: a
    factor of everything; linear: where Σ_ij A_ij c_ij is added up, if it is wanted."""

    plan: Plan
    ev: Evaluator
    rows: slice
    out: Sums
    pending: Pending
    scale: float = 1.0
    linear: Tensor | None = None

    def add(self, views: tuple[View, View]) -> None:
        """Adds to the gradients. views: those of h and h'."""
        h, h_prime = views
        rule = self.plan.rule
        waiting: Expr = rule.own
        for flow in self.plan.flows:
            if (flow.left, flow.right) == (h, h_prime):
                self._flow(flow, waiting)
                waiting = S.Zero
            else:
                self._flow(flow, S.Zero)
        if waiting != 0:
            self._own(h, h_prime, self.row(waiting))
        for view, e in self.plan.norms.items():
            if e != 0:
                self.pending.add_own(view, view, self.rows, self.row(e))
        for view, matrix in self.plan.pair_norms.items():
            self._pair_norm(view, matrix)

    def row(self, e: Expr) -> Tensor:
        """A statistic of each anchor, (t,), times the scale."""
        data = self.ev(e).over((ANCHOR,)).expand(self.rows.stop - self.rows.start)
        return data if self.scale == 1 else data * self.scale

    def own(self, view: View, data: Tensor) -> Tensor:
        """The tile's rows of a view or of its gradient."""
        return data[self.pending.of(view, self.rows)]

    def _own(self, left: View, right: View, weight: Tensor) -> None:
        """The part of ⟨v_i, w_i⟩, of given weights."""
        self.pending.add_own(left, right, self.rows, weight)
        if self.linear is not None:
            self.linear.add_(weight @ self.ev(Inner(left, ANCHOR, right, ANCHOR)).data)

    def _flow(self, flow: Flow, own: Expr) -> None:
        """Adds a flow; own: the weight at j = i, if its dense part is to hold one."""
        if flow.matrix.dense != 0:
            row, rest = flow.matrix.factors
            if rest == 1:
                self._constant(flow, self.row(row))
            elif not self._splits(flow.matrix):
                with self._block(flow.matrix.dense, own) as block:
                    self._products(flow, block)
                own = S.Zero
            else:
                weight = self.row(row)  # before the block is changed: it may be made of it
                with self._block(rest, None) as block:
                    self._weighted(flow, block, weight)
        if own != 0:
            self._own(flow.left, flow.right, self.row(own))
        for part in flow.matrix.one_hot:
            self._add_one_hot(flow, part)

    def _splits(self, matrix: Matrix) -> bool:
        """Whether to multiply the products by a factor of the anchor, rather than the block: where
        it closes gates, or where the block is so wide that a pass over it costs more. Not if a
        factor can overflow without the others."""
        row, _ = matrix.factors
        if row == 1 or not (self.ev.known.direct or not matrix.dense.has(Exp, Named)):
            return False
        n, d = self.ev.known.samples, self.ev.views[self.plan.flows[0].left].shape[1]
        return row.has(Step) or n >= _WIDE * d

    def _sides(self, flow: Flow) -> tuple[Tensor, Tensor, Tensor]:
        """The tile's rows of the left view, all of the right one, the gradient of the first."""
        left = self.own(flow.left, self.ev.views[flow.left])
        return left, self.ev.views[flow.right], self.own(flow.left, self.out[flow.left])

    def _products(self, flow: Flow, block: Tensor) -> None:
        """dV_t += A W, dW += Aᵀ V_t."""
        left, right, by_left = self._sides(flow)
        if self.linear is None:
            by_left.addmm_(block, right, alpha=self.scale)
        else:
            push = self._product(block, right)
            self._value(flow, left, push, self.scale)
            by_left.add_(push, alpha=self.scale)
        if flow.back:
            self.out[flow.right].addmm_(block.T, left, alpha=self.scale)

    def _weighted(self, flow: Flow, block: Tensor, weight: Tensor) -> None:
        """The same for A = diag(weight)·block, without a pass over the block; rows of weight zero
        are left out where enough of them are."""
        left, right, by_left = self._sides(flow)
        active = self._active(weight)
        if active is not None:
            block, left, weight = block[active], left[active], weight[active]
        push = self._product(block, right).mul_(weight[:, None])
        self._value(flow, left, push)
        if active is None:
            by_left += push
        else:
            by_left.index_add_(0, active, push)
        if flow.back:
            weighted = torch.mul(left, weight[:, None], out=arena.like(left))
            self.out[flow.right].addmm_(block.T, weighted)

    def _product(self, block: Tensor, right: Tensor) -> Tensor:
        room = arena.block((len(block), right.shape[1]), right)
        return torch.mm(block, right, out=room)

    def _constant(self, flow: Flow, weight: Tensor) -> None:
        """The same for A_ij = weight_i: sums of rows instead of products."""
        left, right, by_left = self._sides(flow)
        own = self.own(flow.right, right)
        push = weight[:, None] * (right.sum(dim=0) - own)
        self._value(flow, left, push)
        by_left += push
        if flow.back:
            weighted = left * weight[:, None]
            self.out[flow.right] += weighted.sum(dim=0)
            self.own(flow.right, self.out[flow.right]).sub_(weighted)

    def _value(self, flow: Flow, left: Tensor, push: Tensor, scale: float = 1.0) -> None:
        """Adds Σ_ij A_ij ⟨v_i, w_j⟩ over the pairs of a flow, a pair of one view once."""
        if self.linear is not None:
            once = 1.0 if flow.back else 0.5
            self.linear.add_(torch.linalg.vecdot(left, push).sum(), alpha=once * scale)

    def _active(self, weight: Tensor) -> Tensor | None:
        """The rows that are not zero, if they are so few that leaving the others out is worth a
        copy. Not on an accelerator: it would have to be waited for."""
        if not checks_values(weight):
            return None
        active = weight.nonzero().squeeze(1)
        return active if len(active) < _SPARSE * len(weight) else None

    def _add_one_hot(self, flow: Flow, part: OneHot) -> None:
        at, weight = self._hot(part)
        self.pending.add_hot(flow.left, flow.right, self.rows, at, weight)
        if self.linear is not None:
            picked = self.ev(Inner(flow.left, ANCHOR, flow.right, part.index)).data
            self.linear.add_(weight @ picked, alpha=1.0 if flow.back else 0.5)

    def _hot(self, part: OneHot) -> tuple[Tensor, Tensor]:
        """The one index of every row, (t,), and its weight, (t,)."""
        at, weight = self.ev(part.index).data, self.row(part.weight)
        if part.there != 1:
            weight = weight * self.ev(part.there).over((NEGATIVE,))[at]
        return at, weight

    def _pair_norm(self, view: View, matrix: Matrix) -> None:
        """The part through ‖v_j‖², for losses of distances."""
        factors = self.pending.rows(view)
        if matrix.dense != 0:
            row, rest = matrix.factors
            split = self.ev.known.direct or not matrix.dense.has(Exp, Named)
            weight = self.row(row if split else S.One)
            with self._block(rest if split else matrix.dense, None) as block:
                factors.add_(weight @ block, alpha=2)
        for part in matrix.one_hot:
            factors.index_add_(0, *self._hot(part), alpha=2)

    @contextmanager
    def _block(self, e: Expr, own: Expr | None) -> Iterator[Tensor]:
        """A coefficient over (anchor, j) with its own entries at j = i (zero, if None), for a
        while: the tensor may be one that other expressions are made of."""
        t, n = self.rows.stop - self.rows.start, self.ev.known.samples
        weight = None if own is None else self.ev(own).over((ANCHOR,))
        block = self.ev(e).over((ANCHOR, NEGATIVE)).expand(t, n)
        block = block.clone() if 0 in block.stride() else block
        diagonal = block.diagonal(offset=self.rows.start)[:t]
        kept = diagonal.clone()
        diagonal.copy_(torch.zeros_like(diagonal) if weight is None else weight)
        try:
            yield block
        finally:
            diagonal.copy_(kept)
