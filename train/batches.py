"""Batches of sentences of like length: fewer padding tokens, the same sentences an epoch."""

from collections.abc import Iterator, Sequence
from random import Random

from torch.utils.data import BatchSampler

POOL = 50  # batches that are sorted together


class LengthBuckets(BatchSampler):
    """Batches drawn from a shuffled text, sorted by length within pools of `POOL` batches.

    lengths: of every row, in any unit; batches come in random order; the last, incomplete batch
    is left out. An epoch's order depends on the seed and on its number alone.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int):
        self.lengths, self.batch_size, self.seed = lengths, batch_size, seed
        self.drop_last, self.epoch = True, 0

    def set_epoch(self, epoch: int) -> None:
        """The trainer's, before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths) // self.batch_size

    def __iter__(self) -> Iterator[list[int]]:
        random = Random(f"{self.seed} {self.epoch}")
        order = list(range(len(self.lengths)))
        random.shuffle(order)
        order = order[: len(self) * self.batch_size]
        size, pool = self.batch_size, POOL * self.batch_size
        batches = []
        for start in range(0, len(order), pool):
            rows = sorted(order[start : start + pool], key=self.lengths.__getitem__)
            batches += [rows[i : i + size] for i in range(0, len(rows), size)]
        random.shuffle(batches)
        return iter(batches)
