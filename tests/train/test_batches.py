"""Length-bucketed batches: every row once an epoch, by seed and epoch alone, with less padding."""

from random import Random

import pytest

from train.batches import LengthBuckets

LENGTHS = [Random(i).randint(1, 200) for i in range(1003)]


def padding(batches: list[list[int]]) -> int:
    """Places that hold no token when a batch is as wide as its longest row."""
    return sum(max(LENGTHS[i] for i in b) * len(b) - sum(LENGTHS[i] for i in b) for b in batches)


def test_an_epoch_has_every_row_at_most_once():
    batches = list(LengthBuckets(LENGTHS, 8, seed=0))
    rows = [row for batch in batches for row in batch]
    assert all(len(batch) == 8 for batch in batches)
    assert len(batches) == len(LengthBuckets(LENGTHS, 8, seed=0)) == 1003 // 8
    assert len(set(rows)) == len(rows) == 1000


def test_the_order_is_of_the_seed_and_the_epoch():
    first, again, other = (LengthBuckets(LENGTHS, 8, seed) for seed in (0, 0, 1))
    assert list(first) == list(again)
    assert list(first) != list(other)
    again.set_epoch(1)
    assert list(first) != list(again)
    first.set_epoch(1)
    assert list(first) == list(again)


def test_lengths_in_a_batch_are_alike_and_batches_are_not_in_order():
    batches = list(LengthBuckets(LENGTHS, 8, seed=0))
    shuffled = list(range(1000))
    Random(0).shuffle(shuffled)
    assert padding(batches) < 0.1 * padding([shuffled[i : i + 8] for i in range(0, 1000, 8)])
    longest = [max(LENGTHS[i] for i in batch) for batch in batches]
    assert longest != sorted(longest)


@pytest.mark.parametrize("size", [1, 1003, 2000])
def test_a_batch_of_one_of_all_and_of_more(size):
    assert len(list(LengthBuckets(LENGTHS, size, seed=0))) == 1003 // size
