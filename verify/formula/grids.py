"""Tensors with an axis for each index of the formula."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from derive.nodes import Index


@dataclass(frozen=True)
class Grid:
    """data: a dimension for each index of axes, in that order; a number has none."""

    data: Tensor
    axes: tuple[Index, ...] = ()

    def over(self, axes: Sequence[Index]) -> Tensor:
        """The data in the order of `axes`, which hold all of its own; of size 1 along the rest."""
        order = sorted(range(len(self.axes)), key=lambda n: axes.index(self.axes[n]))
        data = self.data.permute(order)
        for at, index in enumerate(axes):
            if index not in self.axes:
                data = data.unsqueeze(at)
        return data


def pointwise(function: Callable[..., Tensor], *parts: Grid) -> Grid:
    """A function of several grids, entry by entry over all their indices."""
    axes = all_axes(parts)
    return Grid(function(*[x.over(axes) for x in parts]), axes)


def all_axes(parts: Iterable[Grid]) -> tuple[Index, ...]:
    """The indices of any of them, each once."""
    return tuple(dict.fromkeys(k for x in parts for k in x.axes))


def summed_product(parts: Sequence[Grid], over: Sequence[Index]) -> Grid:
    """Σ over some of the indices of the product. An index that no part has is not summed here."""
    axes = all_axes(parts)
    number = {k: n for n, k in enumerate(axes)}
    kept = tuple(k for k in axes if k not in over)
    operands: list[object] = []
    for x in parts:
        operands += [x.data, [number[k] for k in x.axes]]
    return Grid(torch.einsum(*operands, [number[k] for k in kept]), kept)
