"""Stop-gradients recorded at a point and replayed beside it.

A cut is a call that takes a tensor with a gradient and returns floating-point numbers without
one: `detach`, `.data`, `.item()`, anything under `no_grad`. With the cuts' results replayed, the
loss is the function that autograd differentiates, and finite differences of it must agree with
autograd. What a custom `autograd.Function` computes is not looked into: its backward is what is
to be checked.
"""

import sys
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

_APPLY = torch.autograd.Function.apply.__func__.__code__  # type: ignore[attr-defined]


class Cuts(TorchFunctionMode):
    """Records the cuts of a call, or replays the results of another call's.

    changed: while replaying, whether the call had other cuts (it branches on its inputs).
    """

    def __init__(self, replayed: "Cuts | None" = None):
        super().__init__()
        self.results: list[Any] = []
        self.replayed = replayed
        self.changed = False

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        if not _is_cut(out, args, kwargs) or (not torch.is_grad_enabled() and _in_function()):
            return out
        self.results.append(tree_map(_copy, out))
        if self.replayed is None:
            return out
        return self._recorded(out)

    def _recorded(self, out: Any) -> Any:
        place = len(self.results) - 1
        assert self.replayed is not None
        if place >= len(self.replayed.results):
            self.changed = True
            return out
        old = self.replayed.results[place]
        if [_shape(x) for x in tree_leaves(old)] != [_shape(x) for x in tree_leaves(out)]:
            self.changed = True
            return out
        return tree_map(_copy, old)


def _is_cut(out: Any, args: Any, kwargs: Any) -> bool:
    leaves = tree_leaves(out)
    if not any(_floats(x) for x in leaves) or any(_carries(x) for x in leaves):
        return False
    return any(_carries(x) for x in tree_leaves((args, kwargs)))


def _floats(x: Any) -> bool:
    if isinstance(x, Tensor):
        return x.is_floating_point()
    return isinstance(x, float) or (hasattr(x, "dtype") and x.dtype.kind == "f")


def _carries(x: Any) -> bool:
    return isinstance(x, Tensor) and x.requires_grad


def _copy(x: Any) -> Any:
    if isinstance(x, Tensor):
        return x.detach().clone()
    return x.copy() if hasattr(x, "dtype") else x


def _shape(x: Any) -> Any:
    return tuple(x.shape) if hasattr(x, "shape") else type(x)


def _in_function() -> bool:
    """Whether a custom Function's forward is running (it runs without gradients, too)."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code is _APPLY:
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
