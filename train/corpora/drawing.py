"""Distinct rows: all of them, or a sample that a stream of any length fits through."""

import heapq
from collections.abc import Sequence
from hashlib import blake2b
from typing import Protocol

from train.corpora.items import Cells, Reason


class Keeper(Protocol):
    """What is kept of a stream of rows."""

    def add(self, row: Cells) -> Reason | None:
        """Take the row, or say why not."""

    def rows(self) -> Sequence[Cells]:
        """The kept rows, distinct, in the order of the stream."""

    beyond: int  # rows that were not drawn


class Everything:
    """Every distinct row."""

    def __init__(self) -> None:
        self._rows: dict[Cells, None] = {}
        self.beyond = 0

    def add(self, row: Cells) -> Reason | None:
        before = len(self._rows)
        self._rows[row] = None
        return Reason.REPEATED if len(self._rows) == before else None

    def rows(self) -> Sequence[Cells]:
        return list(self._rows)


class Sample:
    """At most `size` distinct rows, drawn without replacement; memory for these alone.

    Each row has a priority, a hash of its text under the seed, and the smallest priorities are
    kept ("bottom-k" sampling). Equal rows have equal priorities, so a repeated row is no more
    likely to be drawn, and need not be remembered unless it is drawn: a repeat of another row
    counts as not drawn. The same rows in another order give the same sample, and a smaller
    sample is part of a larger one of the same seed.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size, self.beyond = size, 0
        self._key = str(seed).encode()
        self._heap: list[tuple[int, int, Cells]] = []  # minus the priority: the worst comes first
        self._kept: set[Cells] = set()
        self._count = 0

    def add(self, row: Cells) -> Reason | None:
        if row in self._kept:
            return Reason.REPEATED
        self._count += 1
        entry = -self.priority(row), self._count, row
        if len(self._heap) < self.size:
            heapq.heappush(self._heap, entry)
            self._kept.add(row)
            return None
        self.beyond += 1
        if self._heap and entry[0] > self._heap[0][0]:
            self._kept.remove(heapq.heapreplace(self._heap, entry)[2])
            self._kept.add(row)
        return None

    def rows(self) -> Sequence[Cells]:
        return [row for _, _, row in sorted(self._heap, key=lambda entry: entry[1])]

    def priority(self, row: Cells) -> int:
        """64 bits; white space is collapsed in rows, so that a line end can join the cells."""
        text = "\n".join(row).encode()
        return int.from_bytes(blake2b(text, digest_size=8, key=self._key).digest(), "big")
