"""The gradients of an engine as an autograd function, on one process or on many.

Gathers what the loss reads of the other processes, computes value and gradients in one go, and
sends the gradients of the others' rows home.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from derive.errors import InputError
from derive.torch.batch import Batch, Gradients
from derive.torch.engines import Engine, FeatureEngine
from derive.torch.evaluator import Inputs, Values
from derive.torch.known import Mask
from derive.torch.pairs import PairEngine
from derive.torch.processes import Processes


@dataclass(frozen=True)
class Call:
    """One evaluation: everything but the tensors that gradients flow to.

    further_of_h: explicit negatives are candidates of the view of h, else of that of h'.
    learned: the hyper-parameters that are tensors, in the order they are given in. raw: rows are
    normalised first, and gradients are by the rows as given.
    """

    engine: Engine
    values: Values
    inputs: Inputs
    mask: Mask | None
    shards: Processes
    learned: tuple[str, ...]
    further_of_h: bool = False
    raw: bool = False

    def batch(
        self, h: Tensor, h_prime: Tensor, negatives: Tensor | None, *learned: Tensor
    ) -> Batch:
        """The rows that the engine reads: those of all processes, but of h only if it has to."""
        shards = self.shards
        coming = shards.gather_async(h_prime)
        whole = self._reads_all_of_h()
        rows = shards.gather(h) if whole else h
        columns = coming.wait()
        candidates = shards.total
        if negatives is not None:
            further = shards.gather(negatives).flatten(0, 1)
            candidates += len(further)
            if self.further_of_h:
                rows = torch.cat([rows, further])
            else:
                columns = torch.cat([columns, further])
        values = {**self.values, **dict(zip(self.learned, learned, strict=True))}
        return Batch(
            rows,
            columns,
            values,
            shards.total,
            candidates,
            slice(shards.start, shards.stop),
            self.inputs,
            self.mask,
            0 if whole else shards.start,
            shards,
        )

    def _reads_all_of_h(self) -> bool:
        engine = self.engine
        if self.further_of_h or isinstance(engine, FeatureEngine):
            return True
        assert isinstance(engine, PairEngine)
        return self.shards.world == 1 or engine.reads_all_of_h(self.learned)

    def value(
        self, h: Tensor, h_prime: Tensor, negatives: Tensor | None, *learned: Tensor
    ) -> Tensor:
        """The loss of the whole batch, on every process."""
        further = None if negatives is None else self._unit(negatives)[0]
        batch = self.batch(self._unit(h)[0], self._unit(h_prime)[0], further, *learned)
        value = self.engine.value(batch)
        return self._same(value) if isinstance(self.engine, FeatureEngine) else value

    def gradients(
        self, h: Tensor, h_prime: Tensor, negatives: Tensor | None, *learned: Tensor
    ) -> tuple[Tensor, list[Tensor | None]]:
        """The loss, and W × its gradients by this process's tensors."""
        (h, of_h), (h_prime, of_h_prime) = self._unit(h), self._unit(h_prime)
        negatives, of_negatives = (None, None) if negatives is None else self._unit(negatives)
        batch = self.batch(h, h_prime, negatives, *learned)
        found = self.engine.gradients(batch, self.learned)
        by_h, more = self._home(found.by_h, batch.first_h == 0 and self._gathered(batch, h), found)
        by_h_prime, others = self._home(found.by_h_prime, True, found)
        further = more if self.further_of_h else others
        by_negatives = None if negatives is None else further.reshape(negatives.shape)
        # the same on every process, so that averaging leaves it alone
        by_learned = [found.by_parameter[x] for x in self.learned]
        by_rows = [
            _of_raw(by_h, h, of_h),
            _of_raw(by_h_prime, h_prime, of_h_prime),
            None if by_negatives is None else _of_raw(by_negatives, negatives, of_negatives),
        ]
        value = found.value if found.partial else self._same(found.value)
        return value, [*by_rows, *by_learned]

    def _same(self, value: Tensor) -> Tensor:
        """What every process has computed of the whole batch, each with its own rounding, as one
        number for all."""
        shards = self.shards
        return value if shards.world == 1 else shards.sum(value) / shards.world

    def _unit(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """The rows as the engine takes them, and their norms if they were normalised."""
        if not self.raw:
            return x, None
        norms = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        return x / norms, norms

    def _gathered(self, batch: Batch, h: Tensor) -> bool:
        return len(batch.h) != len(h) or self.shards.world == 1

    def _home(self, x: Tensor, gathered: bool, found: Gradients) -> tuple[Tensor, Tensor]:
        """The rows of this process, of samples and of further candidates, times W."""
        shards = self.shards
        if shards.world == 1:
            return x[: shards.total], x[shards.total :]
        if not gathered:
            return x * shards.world, x[:0]
        samples, further = x[: shards.total], x[shards.total :]
        if not found.partial:
            return samples[shards.start : shards.stop] * shards.world, further
        home = shards.scatter_sum(samples) * shards.world
        if len(further):
            each = further.reshape(shards.total, -1, x.shape[1])
            further = shards.scatter_sum(each).flatten(0, 1) * shards.world
        return home, further


def _of_raw(by: Tensor, unit: Tensor | None, norms: Tensor | None) -> Tensor:
    """∂L/∂x = (I − ĥĥᵀ) ∂L/∂ĥ / ‖x‖ of normalised rows ĥ = x/‖x‖; by: ∂L/∂ĥ, (…, D)."""
    if unit is None or norms is None:
        return by
    along = (by * unit).sum(dim=-1, keepdim=True)
    return by.addcmul(along, unit, value=-1).div_(norms)


def fused(call: Call, *tensors: Tensor | None) -> Tensor:
    """The loss as a function of h, h_prime, negatives and hyper-parameters, differentiable once.

    Empty slices of them travel along, so that a second derivative finds its way to `_Once` and is
    refused, rather than taken for zero.
    """
    ties = [x.flatten()[:0].clone() for x in tensors if x is not None and x.requires_grad]
    loss: Tensor = Fused.apply(call, len(tensors), *tensors, *ties)
    return loss


class Fused(torch.autograd.Function):
    """Computes the gradients with the value and scales them in the backward pass."""

    @staticmethod
    def forward(ctx: Any, call: Call, count: int, *given: Any) -> Tensor:
        value, gradients = call.gradients(*given[:count])
        ctx.count, ctx.total = count, len(given)
        ctx.save_for_backward(*gradients, *given[count:])
        return value

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        gradients, ties = ctx.saved_tensors[: ctx.count], ctx.saved_tensors[ctx.count :]
        if torch.is_grad_enabled():  # create_graph=True
            upstream = _Once.apply(upstream, *ties)
        needed = ctx.needs_input_grad[2 : 2 + ctx.count]
        scaled = [
            (upstream * x).reshape(x.shape) if wanted and x is not None else None
            for wanted, x in zip(needed, gradients, strict=True)
        ]
        return None, None, *scaled, *[None] * (ctx.total - ctx.count)


class _Once(torch.autograd.Function):
    """Passes a gradient on, and refuses to be differentiated: a constant would be wrong."""

    @staticmethod
    def forward(ctx: Any, upstream: Tensor, *ties: Tensor) -> Tensor:
        return upstream.clone()

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, ...]:
        raise InputError(
            "the fast objective has no second derivative. Use autograd of the oracle "
            "(verify.oracles.load(name)) where a gradient penalty or a Hessian is needed."
        )
