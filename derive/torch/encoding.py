"""The two passes of gradient caching over the mini-batches of some views."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from derive.errors import InputError
from derive.torch.lengths import ByLength
from derive.torch.minibatches import InOrder, count_samples, tensors_in
from derive.torch.parallel import announced, wrapper_of
from derive.torch.replay import Autocast, RandomState, devices_of, untouched
from derive.torch.tables import Sum, sparse_tables

Gradients = Sequence[Tensor | None]


@dataclass(frozen=True)
class MiniBatch:
    """Where a view is cut, the random state before it was encoded, and the first embedding."""

    view: int
    start: int
    stop: int
    state: RandomState
    first: Tensor  # (D,): the second encoding has to give it again


class Encoding:
    """Some views and the encoder that they are put through, once or twice."""

    def __init__(
        self,
        encoder: Callable[[Any], Any],
        select: Callable[[Any], Tensor] | None,
        size: int,
        views: Sequence[Any],
    ):
        self.encoder, self.select, self.size = encoder, select, size
        self.views = [_cuttable(view) for view in views]
        inputs = [x for view in views for x in _tensors(view)]
        if any(x.requires_grad for x in inputs):
            raise InputError(
                "an input of the encoder requires a gradient, and gradient caching gives gradients "
                "of parameters only. Detach it, or make what computes it a part of the encoder."
            )
        modules = encoder.parameters() if isinstance(encoder, nn.Module) else ()
        self.devices = devices_of((*inputs, *modules))
        self.autocast = Autocast.now(self.devices)
        self.wrapper = wrapper_of(encoder)
        # DDP decides at the forward pass whether the next backward pass synchronises; so here.
        self.synchronise = self.wrapper is not None and self.wrapper.require_backward_grad_sync
        self.kept: list[MiniBatch] = []

    def first_pass(self, *, keep: bool) -> tuple[Tensor, ...]:
        """The embeddings of each view; keep: with what the second pass needs. Without a graph."""
        return tuple(
            view.whole(torch.cat(list(self._encoded(number, keep))))
            for number, view in enumerate(self.views)
        )

    def _encoded(self, view: int, keep: bool) -> Iterator[Tensor]:
        for start, stop in self.views[view].cuts(self.size):
            state = RandomState.now(self.devices) if keep else None
            part = self._encode(view, start, stop)
            if state is not None:
                self.kept.append(MiniBatch(view, start, stop, state, part[0].clone()))
            yield part

    def _encode(
        self, view: int, start: int, stop: int, announce: tuple[Tensor, ...] | None = None
    ) -> Tensor:
        """(stop − start, D); announce: the parameters that DDP shall wait for, if it shall."""
        part = self.views[view].samples(start, stop)
        with self.autocast.again():
            if self.wrapper is None:
                output = self.encoder(part)
            elif announce is None:
                output = self.wrapper.module(part)
            else:
                output = announced(self.wrapper, part, announce)
            found = output if self.select is None else self.select(output)
        if not isinstance(found, Tensor) or found.ndim != 2 or len(found) != stop - start:
            shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise InputError(
                f"the encoder made {shape} of {stop - start} samples; embeddings are a tensor "
                f"({stop - start}, D). Pick them with select=, as in "
                "select=lambda output: output['sentence_embedding']."
            )
        return found

    def second_pass(self, by_views: Gradients, trained: tuple[Tensor, ...]) -> Gradients:
        """Gradients of the trained parameters from those of the embeddings of each view."""
        batches = [x for x in self.kept if by_views[x.view] is not None]
        strayed: list[Tensor] = []
        here = untouched(self.encoder, trained, self.devices)
        with here, sparse_tables(self.encoder) as tables, torch.enable_grad():
            sums = [Sum(dense=id(x) in tables) for x in trained]
            for batch in batches:
                last = self.synchronise and batch is batches[-1]
                again = self._again(batch, trained if last else None)
                strayed.append(_relative_change(again.detach()[0], batch.first))
                by_view = by_views[batch.view]
                if not again.requires_grad or by_view is None:
                    continue
                if batch.start == 0:
                    _refuse_strangers(again, trained)
                upstream = self.views[batch.view].part(by_view, batch.start, batch.stop)
                parts = torch.autograd.grad(again, trained, upstream, allow_unused=True)
                for total, part in zip(sums, parts, strict=True):
                    total.add(part)
        self._check(strayed, by_views)
        totals = (x.value for x in sums)
        return [x if x is None else x.to(p.dtype) for x, p in zip(totals, trained, strict=True)]

    def _again(self, batch: MiniBatch, announce: tuple[Tensor, ...] | None) -> Tensor:
        batch.state.restore()
        again = self._encode(batch.view, batch.start, batch.stop, announce)
        if again.shape[1:] != batch.first.shape:
            raise InputError(_OTHER.format(f"of shape {tuple(again.shape)}"))
        return again

    def _check(self, strayed: Sequence[Tensor], by_views: Gradients) -> None:
        """One look at all mini-batches: a look at each would make a device wait each time."""
        if not strayed:
            return
        eps = max(torch.finfo(x.dtype).eps for x in by_views if x is not None)
        # An accelerator may choose other kernels, and the encoder bfloat16 where nobody sees it.
        unseen = torch.finfo(torch.bfloat16).eps if self.devices else 0.0
        worst = float(torch.stack([x.double().to(strayed[0].device) for x in strayed]).max())
        if not worst <= max(eps, unseen, self.autocast.coarsest) ** 0.5:
            raise InputError(_OTHER.format(f"{worst:.2g} away from the first, relatively"))


_OTHER = (
    "the second encoding of a mini-batch is another one, {}: the encoder draws numbers that are "
    "not torch's (random, numpy), changes its own state, or is changed between the passes. Make it "
    "a function of its inputs, its parameters and torch's generators."
)


def _refuse_strangers(embeddings: Tensor, trained: Sequence[Tensor]) -> None:
    """Raises `InputError` if a leaf that requires a gradient is not among those trained."""
    known, seen, waiting = {id(x) for x in trained}, set(), [embeddings.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        leaf = getattr(node, "variable", None)
        if leaf is not None and id(leaf) not in known:
            raise InputError(
                f"the encoder uses a tensor of shape {tuple(leaf.shape)} that requires a gradient "
                "and is none of its parameters, so it would get none. Register it in the module, "
                "or give it: GradientCache(..., parameters=[...])."
            )
        waiting += [following for following, _ in node.next_functions]


def _relative_change(x: Tensor, before: Tensor) -> Tensor:
    scale = before.norm()
    return (x - before).norm() / torch.where(scale > 0, scale, torch.ones_like(scale))


def _cuttable(view: Any) -> ByLength | InOrder:
    return view if isinstance(view, ByLength) else InOrder(view, count_samples(view))


def _tensors(view: Any) -> Iterator[Tensor]:
    return tensors_in(view.features if isinstance(view, ByLength) else view)
