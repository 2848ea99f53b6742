"""Tokenised sentences cut into mini-batches by length, with the padding of each taken off.

A batch is padded to its longest sentence, and of 32 sentences drawn from it one is about as long.
Sorted by length before it is cut, a mini-batch is as wide as its own longest sentence. The
embeddings are those of the sentences in any order and any padding, so loss and gradient are the
same to rounding; dropout draws other masks of the same distribution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from derive.torch.minibatches import Cut

# One value a token, in the second axis.
PER_TOKEN = ("input_ids", "attention_mask", "token_type_ids", "position_ids")


@dataclass(frozen=True)
class ByLength:
    """A view of N tokenised sentences, to be encoded from the longest to the shortest.

    features: tensors of N rows, those of `PER_TOKEN` (N, tokens), and single values. order:
    sentence numbers, the longest first: what does not fit in memory fails at once. lengths: in
    this order, the columns up to a sentence's last token.
    """

    features: Mapping[str, Any]
    order: Tensor
    lengths: Sequence[int]

    @cached_property
    def back(self) -> Tensor:
        """Where in `order` each sentence is."""
        return self.order.argsort()

    def cuts(self, size: int) -> list[Cut]:
        """As many sentences at a time as have the tokens of `size` of the longest, padded: the
        same memory, and more of the shorter ones."""
        found, start = [], 0
        while start < len(self.lengths):
            more = size * self.lengths[0] // self.lengths[start]
            found.append((start, min(start + more, len(self.lengths))))
            start = found[-1][1]
        return found

    def cheapest(self, call: int) -> list[Cut]:
        """The cuts of the least cost, in tokens: those encoded, padding and all, and `call` for
        each call of the encoder. A cut is where the length changes."""
        total = len(self.lengths)
        places = [x for x in range(1, total) if self.lengths[x] != self.lengths[x - 1]]
        places = [0, *places, total]
        best = [(0, 0)]  # cost up to a place, and where the last cut begins
        for stop in range(1, len(places)):
            best.append(
                min(
                    (best[x][0] + (places[stop] - places[x]) * self.lengths[places[x]] + call, x)
                    for x in range(stop)
                )
            )
        found, stop = [], len(places) - 1
        while stop:
            start = best[stop][1]
            found.append((places[start], places[stop]))
            stop = start
        return found[::-1]

    def samples(self, start: int, stop: int) -> dict[str, Any]:
        """The features of a mini-batch, copied, as wide as its longest sentence."""
        rows, width = self.order[start:stop], self.lengths[start]
        return {
            name: _rows(value, rows, width if name in PER_TOKEN else None)
            for name, value in self.features.items()
        }

    def part(self, by_sentence: Tensor, start: int, stop: int) -> Tensor:
        """The rows of a mini-batch of (N, D)."""
        return by_sentence[self.order[start:stop]]

    def whole(self, embeddings: Tensor) -> Tensor:
        """(N, D) of the mini-batches one after another, to the sentences' own order."""
        return embeddings[self.back]


def by_length(features: Mapping[str, Any]) -> Mapping[str, Any] | ByLength:
    """The features of a column to be cut by length; or as they are, where that changes nothing or
    may change something.

    Padding on the left stays: position numbers may be counted from it. So do features with a
    tensor of unknown meaning whose second axis is as long as the sentences.
    """
    mask = features.get("attention_mask")
    if not isinstance(mask, Tensor) or mask.ndim != 2 or not mask.numel():
        return features
    if not all(_known(name, value, mask) for name, value in features.items()):
        return features
    columns = torch.arange(1, mask.shape[1] + 1, device=mask.device)
    ends = ((mask != 0) * columns).amax(1).clamp(min=1)
    lengths, order = ends.sort(descending=True, stable=True)
    known = lengths.tolist()  # the one wait for a device
    return features if known[-1] == mask.shape[1] else ByLength(features, order, known)


def _known(name: str, value: Any, mask: Tensor) -> bool:
    """Whether it is clear what a row of the value is, and what its second axis."""
    if not isinstance(value, Tensor):
        return value is None or isinstance(value, str | int | float)
    if value.ndim == 0:
        return True
    if name in PER_TOKEN:
        return value.shape == mask.shape
    return len(value) == len(mask) and (value.ndim == 1 or value.shape[1] != mask.shape[1])


def _rows(value: Any, rows: Tensor, width: int | None) -> Any:
    if not isinstance(value, Tensor) or not value.ndim:
        return value
    found = value[rows]
    return found if width is None else found[:, :width].contiguous()
