"""Tensors whose dimensions are named by indices, and contraction of products of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

import torch
from torch import Tensor

from derive.nodes import Index
from derive.torch.arena import folded

Axes = tuple[Index, ...]
_EVERY_ORDER = 5


@dataclass(frozen=True)
class Labelled:
    """data: one dimension per entry of axes, in that order; a scalar has none."""

    data: Tensor
    axes: Axes = ()

    def over(self, axes: Sequence[Index]) -> Tensor:
        """Broadcastable over `axes` (a superset of its own): size 1 where it has none."""
        axes = tuple(axes)
        if axes == self.axes:
            return self.data
        present = [k for k in axes if k in self.axes]
        data = self.data.permute([self.axes.index(k) for k in present])
        shape = iter(data.shape)
        return data.reshape([next(shape) if k in self.axes else 1 for k in axes])


def union(parts: Iterable[Labelled]) -> Axes:
    """All axes, each once, in order of appearance."""
    return tuple(dict.fromkeys(k for part in parts for k in part.axes))


def product(parts: Sequence[Labelled]) -> Labelled:
    """Elementwise product, one after another, the small ones first."""
    return _folded("mul", parts)


def total(parts: Sequence[Labelled]) -> Labelled:
    """Elementwise sum, the small ones first."""
    return _folded("add", parts)


def _folded(operation: str, parts: Sequence[Labelled]) -> Labelled:
    if len(parts) == 1:
        return parts[0]
    ordered = sorted(parts, key=lambda x: x.data.numel())
    axes = union(reversed(ordered))  # in the layout of the largest
    return Labelled(folded(operation, [x.over(axes) if x.axes else x.data for x in ordered]), axes)


def contract(parts: Sequence[Labelled], keep: Iterable[Index]) -> Labelled:
    """Σ over every axis not in `keep` of the product, pair by pair in the cheapest order.

    Σ_k Σ_f x_if x_kf x_ka is N·D² through the features or N²·D through the samples: the sizes
    decide. Tries every order of up to five factors; of more, the cheapest pair comes first.
    """
    keep = frozenset(keep)
    return _contract(list(parts), keep)


def _contract(parts: list[Labelled], keep: frozenset[Index]) -> Labelled:
    if len(parts) == 1:
        return _pair(parts[0], None, keep)
    sizes = {k: n for x in parts for k, n in zip(x.axes, x.data.shape, strict=True)}
    _, order = plan(tuple(frozenset(x.axes) for x in parts), keep, sizes)
    while order:
        (a, b), order = order[0], order[1:]
        first, second = parts[a], parts[b]
        rest = [x for n, x in enumerate(parts) if n not in (a, b)]
        needed = keep.union(*(x.axes for x in rest)) if rest else keep
        parts = [*rest, _pair(first, second, needed)]
    return parts[0]


def plan(
    axes: tuple[frozenset[Index], ...], keep: frozenset[Index], sizes: dict[Index, int]
) -> tuple[int, tuple[tuple[int, int], ...]]:
    """The least number of multiplications, and the pairs to contract in turn."""
    if len(axes) == 1:
        return 0, ()
    best: tuple[int, tuple[tuple[int, int], ...]] | None = None
    pairs = list(combinations(range(len(axes)), 2))
    if len(axes) > _EVERY_ORDER:
        pairs = [min(pairs, key=lambda pair: _cost(axes[pair[0]] | axes[pair[1]], sizes))]
    for a, b in pairs:
        joint = axes[a] | axes[b]
        cost = _cost(joint, sizes)
        rest = tuple(x for n, x in enumerate(axes) if n not in (a, b))
        left = joint & keep.union(*rest) if rest else joint & keep
        later, order = plan((*rest, left), keep, sizes)
        if best is None or cost + later < best[0]:
            best = (cost + later, ((a, b), *order))
    assert best is not None
    return best


def _cost(joint: frozenset[Index], sizes: dict[Index, int]) -> int:
    return prod(sizes[k] for k in joint)


def _pair(first: Labelled, second: Labelled | None, needed: frozenset[Index]) -> Labelled:
    parts = [first] if second is None else [first, second]
    axes = union(parts)
    letter = {k: n for n, k in enumerate(axes)}
    out = [k for k in axes if k in needed]
    operands: list[object] = []
    for x in parts:
        operands += [x.data, [letter[k] for k in x.axes]]
    return Labelled(torch.einsum(*operands, [letter[k] for k in out]), tuple(out))
