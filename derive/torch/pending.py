"""Gradients that are a factor times a row: of all tiles together, in one pass over the rows.

A tile knows the factors; the rows are read and written once, at the end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from derive.nodes import View

Pair = tuple[View, View]


class Sums(dict[View, Tensor]):
    """The gradient of each view, zero until something is added to it."""

    def __init__(self, views: Mapping[View, Tensor]):
        super().__init__()
        self.views = views

    def __missing__(self, view: View) -> Tensor:
        self[view] = torch.zeros_like(self.views[view])
        return self[view]


@dataclass
class Pending:
    """views: the rows of each, of which row 0 is the sample `first[view]`; anchors: the samples
    whose anchors are here.

    of_rows: Σ_j a_j v_j of one view. own: the weights of ⟨v_i, w_i⟩. hot: those of ⟨v_i, w_p(i)⟩,
    with p(i).
    """

    views: Mapping[View, Tensor]
    first: Mapping[View, int]
    anchors: slice
    of_rows: dict[View, Tensor] = field(default_factory=dict)
    own: dict[Pair, Tensor] = field(default_factory=dict)
    hot: dict[Pair, list[tuple[slice, Tensor, Tensor]]] = field(default_factory=dict)

    def rows(self, view: View) -> Tensor:
        """The factors of all rows of a view, to be added to, (rows,)."""
        if view not in self.of_rows:
            self.of_rows[view] = self.views[view].new_zeros(len(self.views[view]))
        return self.of_rows[view]

    def of(self, view: View, rows: slice) -> slice:
        """Where some samples stand in a view."""
        first = self.first.get(view, 0)
        return slice(rows.start - first, rows.stop - first)

    def add_own(self, left: View, right: View, rows: slice, weight: Tensor) -> None:
        """weight: (t,), of the samples `rows`."""
        if left == right:
            self.rows(left)[self.of(left, rows)] += 2 * weight
            return
        start = self.anchors.start
        if (left, right) not in self.own:
            count = self.anchors.stop - start
            self.own[left, right] = weight.new_zeros(count)
        self.own[left, right][rows.start - start : rows.stop - start] += weight

    def add_hot(self, left: View, right: View, rows: slice, at: Tensor, weight: Tensor) -> None:
        """at, weight: (t,), the one partner of each of the samples `rows`."""
        self.hot.setdefault((left, right), []).append((rows, at, weight))

    def add_to(self, out: Sums) -> None:
        """Adds everything to the gradients."""
        for left, right in self.hot:
            self._add_hot(out, left, right)
        for (left, right), weight in self.own.items():
            for to, of in ((left, right), (right, left)):
                own = self.views[of][self.of(of, self.anchors)]
                out[to][self.of(to, self.anchors)].addcmul_(weight[:, None], own)
        for view, weight in self.of_rows.items():
            out[view].addcmul_(weight[:, None], self.views[view])

    def _add_hot(self, out: Sums, left: View, right: View) -> None:
        """dv_i += Σ a_i w_p(i), dw_p(i) += Σ a_i v_i over all partners of i, itself among them."""
        here = self.of(left, self.anchors)
        partners, weights = self._partners(left, right)
        push = embedding_bag(partners, self.views[right], per_sample_weights=weights, mode="sum")
        whole = len(push) == len(self.views[left])
        if whole and left not in out:
            out[left] = push
        else:
            out[left][here] += push
        numbers = torch.arange(here.start, here.stop, device=partners.device)
        anchors = numbers[:, None].expand_as(partners)
        back = _scattered(self.views[left], anchors, partners, weights, len(self.views[right]))
        if right not in out:
            out[right] = back
        else:
            out[right] += back

    def _partners(self, left: View, right: View) -> tuple[Tensor, Tensor]:
        """The partners of every anchor, as rows of the right view, and their weights: (n, p)."""
        parts: dict[int, list[tuple[Tensor, Tensor]]] = {}
        for rows, at, weight in self.hot[left, right]:
            parts.setdefault(rows.start, []).append((at, weight))
        tiles = [parts[start] for start in sorted(parts)]
        columns = [
            (torch.cat([x for x, _ in tile]), torch.cat([w for _, w in tile]))
            for tile in zip(*tiles, strict=True)
        ]
        own = self.own.pop((left, right), None)
        if own is not None:
            here = self.of(right, self.anchors)
            columns.append((torch.arange(here.start, here.stop, device=own.device), own))
        return torch.stack([x for x, _ in columns], 1), torch.stack([w for _, w in columns], 1)


def _scattered(
    rows: Tensor, sources: Tensor, targets: Tensor, weights: Tensor, count: int
) -> Tensor:
    """Σ weight · rows[source] at each target, (count, D): sorted by target, so that each row of the
    result is written once and always in the same order."""
    targets = targets.flatten()
    order = targets.argsort(stable=True)
    # not bincount: on an accelerator the host would wait for the largest number
    sizes = targets.new_zeros(count).index_add_(0, targets, torch.ones_like(targets))
    return embedding_bag(
        sources.flatten()[order],
        rows,
        sizes.cumsum(0) - sizes,
        per_sample_weights=weights.flatten()[order],
        mode="sum",
    )
