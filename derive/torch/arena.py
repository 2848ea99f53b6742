"""Memory for the blocks of a tile, used again for the next one.

A fresh block of some MiB is given back to the system when it dies, and its pages are made anew for
the next: that costs as much as the arithmetic of a pass over it. While an `Arena` is in use, blocks
come out of it; `reset` makes all of them free.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import prod

import torch
from torch import Tensor

_SPARE = 1 << 26  # bytes that a thread keeps from one loss to the next: 64 MiB
_SMALLEST = 1 << 16  # entries: what is smaller is left to torch
_active = threading.local()


@dataclass
class Arena:
    """Flat buffers of one dtype and device: free, in use by the tile, in use by the whole loss."""

    free: list[Tensor] = field(default_factory=list)
    used: list[Tensor] = field(default_factory=list)
    kept: list[Tensor] = field(default_factory=list)

    def take(self, shape: tuple[int, ...], like: Tensor, *, keep: bool = False) -> Tensor:
        """An uninitialised tensor of that shape; keep: `reset` leaves it alone."""
        size = prod(shape)
        at = next((n for n, x in enumerate(self.free) if x.numel() >= size), None)
        buffer = like.new_empty(size) if at is None else self.free.pop(at)
        (self.kept if keep else self.used).append(buffer)
        return buffer[:size].view(shape)

    def reset(self) -> None:
        """Everything that was taken may be overwritten."""
        self.free += self.used
        self.used.clear()


@contextmanager
def of_thread(like: Tensor) -> Iterator[Arena]:
    """Blocks come out of an arena that begins with what the last one of this thread left."""
    spare = [x for x in getattr(_active, "spare", []) if _alike(x, like)]
    _active.spare = []
    arena = Arena(spare)
    with using(arena):
        yield arena
    spare = [*arena.free, *arena.used, *arena.kept]
    _active.spare = _within(spare, _SPARE) if like.device.type == "cpu" else []


def _alike(x: Tensor, like: Tensor) -> bool:
    return x.dtype == like.dtype and x.device == like.device


def _within(buffers: list[Tensor], most: int) -> list[Tensor]:
    """The first of the buffers that take so many bytes in all."""
    kept: list[Tensor] = []
    for x in buffers:
        most -= x.numel() * x.element_size()
        if most >= 0:
            kept.append(x)
    return kept


@contextmanager
def using(arena: Arena | None) -> Iterator[None]:
    """Blocks come out of that arena for a while, or of none."""
    before = getattr(_active, "arena", None)
    _active.arena = arena
    try:
        yield
    finally:
        _active.arena = before


@contextmanager
def keeping() -> Iterator[None]:
    """Every block that is taken meanwhile is for the whole loss."""
    _active.keeping = True
    try:
        yield
    finally:
        _active.keeping = False


def block(shape: tuple[int, ...], like: Tensor, *, keep: bool = False) -> Tensor | None:
    """An uninitialised block for a result, as `out=` takes it; None leaves it to torch. keep: for
    the whole loss, not for a tile."""
    arena: Arena | None = getattr(_active, "arena", None)
    if arena is None or len(shape) != 2 or min(shape) < 2 or prod(shape) < _SMALLEST:
        return None
    keep = keep or getattr(_active, "keeping", False)
    return arena.take(tuple(shape), like, keep=keep)


def like(x: Tensor) -> Tensor | None:
    """The same for a result of the shape of x."""
    return block(tuple(x.shape), x)


def folded(operation: str, tensors: list[Tensor]) -> Tensor:
    """torch.add or torch.mul of all, from left to right, in one block."""
    function = getattr(torch, operation)
    out, own = tensors[0], False
    for x in tensors[1:]:
        shape = _joint(tuple(out.shape), tuple(x.shape))
        if own and shape == tuple(out.shape) and x.dtype == out.dtype:
            out = function(out, x, out=out)
        elif x.dtype == out.dtype:
            out, own = function(out, x, out=block(shape, out)), True
        else:
            out, own = function(out, x), True
    return out


def _joint(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of two that are broadcast, of as many dimensions or none."""
    return tuple(map(max, a, b)) if a and b else a or b
