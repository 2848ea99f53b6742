"""Contractions of tensors, each done once whatever its indices are called.

A product is known by the tensors it is made of and by how their dimensions meet, so C_ab of a
value and C_ba of a gradient are one matrix product. Sums of elementwise products go by blocks of
rows, which stay in cache, or are read off a matrix product that is known already.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from derive.nodes import FeatureIndex, Index
from derive.torch.axes import Axes, Labelled, union

_ROWS = 256  # of a block: 256 · 768 float32 and their product stay in a second-level cache
_ANOTHER = FeatureIndex("_another")
_Key = tuple[object, ...]


class Contractions:
    """Remembers every product of two tensors, and holds on to both: no identity comes again."""

    def __init__(self) -> None:
        self._known: dict[_Key, tuple[Tensor, Tensor, Tensor]] = {}

    def pair(self, first: Labelled, second: Labelled, keep: frozenset[Index]) -> Labelled:
        """Σ over what is not kept of a product of two."""
        if id(second.data) < id(first.data):
            first, second = second, first
        key, out = _key(first, second, keep)
        found = self._known.get(key)
        if found is None:
            data = self._made(first, second, out)
            found = self._known[key] = (first.data, second.data, data)
        return Labelled(found[2], out)

    def known(self, first: Labelled, second: Labelled, keep: frozenset[Index]) -> Labelled | None:
        """A product if it was made before."""
        if id(second.data) < id(first.data):
            first, second = second, first
        key, out = _key(first, second, keep)
        return Labelled(self._known[key][2], out) if key in self._known else None

    def _made(self, first: Labelled, second: Labelled, out: Axes) -> Tensor:
        axes = union((first, second))
        summed = [k for k in axes if k not in out]
        if not summed:
            return first.over(axes) * second.over(axes)
        if len(axes) == 2 and len(first.axes) == len(second.axes) == 2:
            known = self._diagonal(first, second, out)
            if known is not None:
                return known
            return sum_of_products(first.data, second.over(first.axes), axes.index(summed[0]), out)
        if len(axes) == 3 and len(summed) == 1 and summed[0] in first.axes:
            left, right = matrices(first, second, summed[0])
            if left is not None and right is not None:
                return left @ right
        letter = {k: n for n, k in enumerate(axes)}
        operands: list[object] = []
        for x in (first, second):
            operands += [x.data, [letter[k] for k in x.axes]]
        return torch.einsum(*operands, [letter[k] for k in out])

    def _diagonal(self, first: Labelled, second: Labelled, out: Axes) -> Tensor | None:
        """Σ_k x_ka y_ka from Σ_k x_ka y_kb, if that is known."""
        if len(out) != 1:
            return None
        axes = tuple(_ANOTHER if k == out[0] else k for k in second.axes)
        key, _ = _key(first, Labelled(second.data, axes), frozenset((*out, _ANOTHER)))
        found = self._known.get(key)
        return None if found is None else found[2].diagonal()


def _key(first: Labelled, second: Labelled, keep: frozenset[Index]) -> tuple[_Key, Axes]:
    axes = union((first, second))
    out = tuple(k for k in axes if k in keep)
    place = {k: n for n, k in enumerate(axes)}
    dims = (tuple(place[k] for k in x) for x in (first.axes, second.axes, out))
    return (id(first.data), id(second.data), *dims), out


def matrices(
    first: Labelled, second: Labelled, summed: Index
) -> tuple[Tensor | None, Tensor | None]:
    """(x, k) and (k, y) where both are matrices over k, the index that is summed."""
    if len(first.axes) != 2 or len(second.axes) != 2 or summed not in second.axes:
        return None, None
    left = first.data if first.axes[1] == summed else first.data.T
    right = second.data if second.axes[0] == summed else second.data.T
    return left, right


def sum_of_products(x: Tensor, y: Tensor, dim: int, out: Sequence[Index]) -> Tensor:
    """Σ of x·y, both (m, n), over one dimension, or over both where nothing is left (`out`)."""
    blocks = zip(x.split(_ROWS), y.split(_ROWS), strict=True)
    if not out:
        return torch.stack([(a * b).sum() for a, b in blocks]).sum()
    if dim == 1:
        return torch.cat([(a * b).sum(dim=1) for a, b in blocks])
    return torch.stack([(a * b).sum(dim=0) for a, b in blocks]).sum(dim=0)
