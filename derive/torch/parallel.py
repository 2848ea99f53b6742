"""Several forward and backward passes of an encoder as one step of `DistributedDataParallel`.

DDP reduces gradients by hooks that run when a parameter receives its gradient. Gradient caching is
one node of the graph that has every parameter as an input, so each receives one gradient a step,
after the last mini-batch. DDP only has to be told to wait for them, by one forward pass through
the wrapper; all others go to the encoder inside.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from derive.errors import InputError


def wrapper_of(encoder: object) -> DistributedDataParallel | None:
    """The DDP wrapper of an encoder, also under torch.compile; None where there is none.

    Raises `InputError` for a static graph, whose first step counts the backward passes itself.
    """
    wrapper = getattr(encoder, "_orig_mod", encoder)
    if not isinstance(wrapper, DistributedDataParallel):
        return None
    if wrapper.static_graph:
        raise InputError(
            "the encoder is in DistributedDataParallel(static_graph=True), which counts one "
            "backward pass a step. Wrap outside: "
            "DistributedDataParallel(GradientCache(encoder, ...), static_graph=True)."
        )
    return wrapper


def announced(wrapper: DistributedDataParallel, view: Any, trained: tuple[Tensor, ...]) -> Any:
    """What the encoder returns for a view, by a pass after which DDP waits for all gradients.

    DDP may search the output for parameters that it does not depend on, and would give those up
    that the last mini-batch alone leaves out; so they are all made to be found.
    """

    def reach(module: object, inputs: object, output: Any) -> tuple[Any, Tensor]:
        return output, _Reaching.apply(*trained)

    before = wrapper.require_backward_grad_sync
    wrapper.require_backward_grad_sync = True
    hook = wrapper.module.register_forward_hook(reach)
    try:
        output, _ = wrapper(view)
        return output
    finally:
        hook.remove()
        wrapper.require_backward_grad_sync = before


class _Reaching(torch.autograd.Function):
    """A number whose graph leads to every input, and through which none gets a gradient."""

    @staticmethod
    def forward(ctx: Any, *tensors: Tensor) -> Tensor:
        ctx.count = len(tensors)
        return tensors[0].new_zeros(())

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[None, ...]:
        return (None,) * ctx.count
