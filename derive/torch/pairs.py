"""The engine of losses of inner products: value and all gradients by tiles of anchors.

A tile of anchors at a time: the block of similarities S = H_t H'ᵀ, what its rows need of it, the
coefficient block A (∂L/∂c_ij' off the diagonal, ∂L/∂c_ii' on it), then dH_t = A H' and
dH' += Aᵀ H_t. What coefficients need of the whole batch is found in passes before. Memory is
O(tile · N), and a fixed budget for similarities that are kept from pass to pass.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sympy import Expr, Symbol
from torch import Tensor

from derive.nodes import ANCHOR, View
from derive.similarity import by_parameter
from derive.torch.arena import Arena, of_thread
from derive.torch.batch import Batch, Gradients
from derive.torch.batches import checks_values
from derive.torch.collected import Collected
from derive.torch.evaluator import Evaluator
from derive.torch.known import Known, fits
from derive.torch.magnitude import is_safe
from derive.torch.pending import Pending, Sums
from derive.torch.plan import Plan, closing, read_bare
from derive.torch.reductions import Reduction
from derive.torch.tile import Tile

# A tile's block of similarities, in entries (8 MiB in float32), and the anchors of a tile: with
# fewer the products slow down and a tile's overhead counts, with more the passes leave the cache.
_BLOCK, _ROWS, _MIDDLE, _MOST = 1 << 21, 256, 512, 1024
# On an accelerator a tile has to be worth its some hundred launches: 128 MiB in float32.
_BLOCK_ELSEWHERE = 1 << 25


@lru_cache(maxsize=256)
def _sensitivity(formula: Expr, symbol: Symbol) -> Expr:
    return by_parameter(formula, symbol)


@dataclass(frozen=True)
class PairEngine:
    """Evaluates one objective; built once from its symbolic coefficients.

    views: those of h and h'. symbols: the hyper-parameters by name. tile: anchors per tile (None:
    as many as make a block of a few MiB, and at least 256).
    """

    plan: Plan
    views: tuple[View, View]
    symbols: Mapping[str, Symbol]
    tile: int | None = None

    def reads_all_of_h(self, parameters: tuple[str, ...] = ()) -> bool:
        """Whether rows of h are read, or changed, outside the tile of their anchors."""
        wanted = (self.plan.rule.value, *map(self.sensitivity, parameters))
        return self.plan.reaches(self.views[0], self.plan.rule.per_anchor, wanted)

    def sensitivity(self, name: str) -> Expr:
        """∂/∂(hyper-parameter) of L_i or of the batch scalar."""
        return _sensitivity(self.plan.rule.formula, self.symbols[name])

    def value(self, batch: Batch) -> Tensor:
        """The scalar, without gradients."""
        if self.plan.is_linear and any(x.matrix.one_hot for x in self.plan.flows):
            return self.gradients(batch).value  # the sums would be taken pair by pair otherwise
        (value,) = _Run(self, batch, (self.plan.rule.value,), gradients=False).scalars()
        return value

    def gradients(self, batch: Batch, parameters: tuple[str, ...] = ()) -> Gradients:
        """The scalar, its gradients and those by the hyper-parameters that are named."""
        wanted = (self.plan.rule.value, *map(self.sensitivity, parameters))
        run = _Run(self, batch, wanted, gradients=True)
        value, *changes = run.scalars()
        h, h_prime = self.views
        by = dict(zip(parameters, changes, strict=True))
        return Gradients(value, run.out[h], run.out[h_prime], by, partial=True)


class _Run:
    """The passes over one batch."""

    def __init__(
        self, engine: PairEngine, batch: Batch, wanted: tuple[Expr, ...], *, gradients: bool
    ):
        self.engine, self.batch, self.wanted = engine, batch, wanted
        self.plan, self.views = engine.plan, engine.views
        per_anchor = self.plan.rule.per_anchor
        self.closing = () if per_anchor else tuple(closing(e) for e in wanted)
        also = wanted if per_anchor else tuple(r.body for rs in self.closing for r in rs)
        if gradients and self.plan.is_linear:
            also = also[1:]  # the value is found on the way
        self.before = self.plan.passes(also, gradients=gradients)
        self.known = Known(
            batch.candidates,
            first=batch.first,
            mask=batch.mask,
            direct=self._is_direct(gradients=gradients),
            bare=self.plan.bare.union(*map(read_bare, wanted)),
            keep_blocks=self._keeps(),
        )
        self.arena = Arena([])
        self.wants_gradients = gradients
        self.out = Sums(batch.views)
        self.pending = Pending(batch.views, batch.first, batch.own)

    def _is_direct(self, *, gradients: bool) -> bool:
        batch = self.batch
        if any(isinstance(x, Tensor) and not checks_values(x) for x in batch.values.values()):
            return False
        values = {k: float(x) for k, x in batch.values.items()}
        before = [r.name for level in self.before for r in level]
        used = (*self.wanted, *before, *(self.plan.of_tile if gradients else ()))
        return is_safe(used, values, batch.candidates, batch.h.dtype)

    def _keeps(self) -> bool:
        if not self.before:
            return False
        anchors = self.batch.own.stop - self.batch.own.start
        blocks = self.plan.blocks
        width = self.batch.h.element_size()
        return fits(anchors, self.batch.candidates, width, blocks)

    def tiles(self) -> Iterator[slice]:
        own = self.batch.own
        if self.batch.h.device.type == "cpu":
            n = self.batch.candidates
            rows = min(_MOST, max(_ROWS, _BLOCK // n, min(_MIDDLE, 2 * _BLOCK // n)))
        else:
            rows = max(_ROWS, _BLOCK_ELSEWHERE // self.batch.candidates)
        size = self.engine.tile or rows
        for start in range(own.start, own.stop, size):
            yield slice(start, min(start + size, own.stop))

    def evaluator(self, rows: slice | None, *, off_diagonal: bool = False) -> Evaluator:
        batch = self.batch
        return Evaluator(
            batch.h,
            batch.h_prime,
            batch.values,
            None if rows is None else (ANCHOR, rows),
            off_diagonal=off_diagonal,
            inputs=batch.inputs,
            known=self.known,
        )

    def scalars(self) -> list[Tensor]:
        """Runs all passes; the scalars that were asked for, (), over all processes."""
        with of_thread(self.batch.h) as self.arena:
            found = self._scalars()
        self.pending.add_to(self.out)
        return found

    def _scalars(self) -> list[Tensor]:
        for reductions in self.before:
            self._pass(reductions)
        if self.plan.rule.per_anchor:
            return self._anchors()
        different = {r.name: r for rs in self.closing for r in rs}
        todo = [x for x in self._collected(different.values()) if not x.is_known]
        for rows in self.tiles():
            ev = self._gradients(rows)
            for x in todo:
                x.add(ev, rows)
            self.arena.reset()
        for x in todo:
            x.store()
        ev = self.evaluator(None)
        return [ev(e).over(()) for e in self.wanted]

    def _collected(self, reductions: Iterable[Reduction]) -> list[Collected]:
        return [Collected(r, self.known, self.batch.shards) for r in reductions]

    def _anchors(self) -> list[Tensor]:
        totals = [self.batch.h.new_zeros(()) for _ in self.wanted]
        linear = totals[0] if self.wants_gradients and self.plan.is_linear else None
        left = 0 if linear is None else 1
        for rows in self.tiles():
            ev = self._gradients(rows, linear)
            for total, e in zip(totals[left:], self.wanted[left:], strict=True):
                total += ev(e).over((ANCHOR,)).expand(rows.stop - rows.start).sum()
            self.arena.reset()
        if linear is not None:  # a part of the scaled gradients
            linear *= self.batch.anchors
        return [self.batch.shards.sum(x) / self.batch.anchors for x in totals]

    def _gradients(self, rows: slice, linear: Tensor | None = None) -> Evaluator:
        ev = self.evaluator(rows, off_diagonal=True)
        if self.wants_gradients:
            scale = 1 / self.batch.anchors if self.plan.rule.per_anchor else 1.0
            Tile(self.plan, ev, rows, self.out, self.pending, scale, linear).add(self.views)
        return ev

    def _pass(self, reductions: tuple[Reduction, ...]) -> None:
        collected = self._collected(reductions)
        for rows in self.tiles():
            ev = self.evaluator(rows)
            for x in collected:
                x.add(ev, rows)
            self.known.forget(rows.start)
            self.arena.reset()
        for x in collected:
            x.store()
