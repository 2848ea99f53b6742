"""Gradient caching: the exact gradient of a large batch, with the activations of a small one.

    encode = GradientCache(encoder, mini_batch_size=32)
    h, h_prime = encode(view, view_prime)
    objective("infonce")(h, h_prime).backward()

A contrastive loss needs all embeddings at once, but not all activations (Gao et al. 2021,
arXiv:2101.06983). The first pass encodes mini-batch by mini-batch without a graph and keeps the
embeddings and the random state before each. The backward pass receives ∂loss/∂embeddings, encodes
each mini-batch again with its random state, and back-propagates its rows.

All of that is one node of the autograd graph, from the encoder's parameters to the embeddings. So
whatever is computed from the embeddings, whatever scales the loss, `torch.autograd.grad`, hooks
and gradient accumulation work as with an encoder that kept its activations.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from derive.errors import InputError
from derive.torch.encoding import Encoding
from derive.torch.parallel import wrapper_of


class GradientCache(nn.Module):
    """forward(*views) -> (embeddings of each view, ...), (N, D) each, in mini-batches.

    encoder: a module, or any function together with the `parameters` that it uses. It is called
    with one mini-batch of a view, in the structure of the view: a tensor (N, …), a dict or a
    sequence of such tensors, or a list of N samples. A view that is a `lengths.ByLength` is cut by
    the lengths of its sentences. mini_batch_size: samples a mini-batch; the last of a view may
    have fewer. select: picks the embeddings (samples, D) from what the encoder returns. With
    gradients off it only encodes.

    The gradient is that of the encoder over the same mini-batches, to rounding. Buffers end as
    after one pass. In `DistributedDataParallel`, wrap this module or the encoder in it.

    Raises `InputError` for views that cannot be cut, inputs that require a gradient, an encoder
    that is no module and comes without parameters; in the backward pass, if the second encoding
    is not the first again, or if the encoder uses parameters that were not given.
    """

    def __init__(
        self,
        encoder: Callable[[Any], Any],
        mini_batch_size: int,
        *,
        select: Callable[[Any], Tensor] | None = None,
        parameters: Iterable[Tensor] | None = None,
    ):
        super().__init__()
        whole = isinstance(mini_batch_size, int) and not isinstance(mini_batch_size, bool)
        if not whole or mini_batch_size < 1:
            raise InputError(f"mini_batch_size={mini_batch_size!r}: give samples, 1 or more.")
        if parameters is None and not isinstance(encoder, nn.Module):
            raise InputError(
                f"the encoder is a {type(encoder).__name__} and no torch.nn.Module, so its "
                "parameters are not known. Give them: parameters=model.parameters()."
            )
        wrapper_of(encoder)  # refuses what cannot be
        self.encoder = encoder
        self.mini_batch_size = mini_batch_size
        self.select = select
        self.more = () if parameters is None else tuple(parameters)

    def extra_repr(self) -> str:
        return f"mini_batch_size={self.mini_batch_size}"

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def forward(self, *views: Any) -> tuple[Tensor, ...]:
        encoding = Encoding(self.encoder, self.select, self.mini_batch_size, views)
        trained = self._trained()
        if torch.is_grad_enabled() and trained:
            embeddings: tuple[Tensor, ...] = _Cached.apply(encoding, *trained)
            return embeddings
        with torch.set_grad_enabled(False):
            return encoding.first_pass(keep=False)

    def _trained(self) -> tuple[Tensor, ...]:
        own = self.encoder.parameters() if isinstance(self.encoder, nn.Module) else ()
        return tuple({id(x): x for x in (*own, *self.more) if x.requires_grad}.values())


class _Cached(torch.autograd.Function):
    """From parameters to embeddings, without the activations between."""

    @staticmethod
    def forward(ctx: Any, encoding: Encoding, *trained: Tensor) -> tuple[Tensor, ...]:
        ctx.set_materialize_grads(False)  # a view without a gradient is not encoded again
        ctx.encoding, ctx.trained = encoding, trained
        ctx.versions = _versions(trained)
        return encoding.first_pass(keep=True)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *by_embeddings: Tensor | None) -> tuple[Tensor | None, ...]:
        if ctx.versions != _versions(ctx.trained):
            raise InputError(
                "parameters of the encoder were changed between the forward and the backward pass, "
                "so the second encoding would be another one. Call backward before the optimizer."
            )
        return None, *ctx.encoding.second_pass(by_embeddings, ctx.trained)


def _versions(tensors: Sequence[Tensor]) -> tuple[int, ...]:
    return tuple(x._version for x in tensors)
