"""Which tokens are masked, with what, and that a batch depends on seed and step alone."""

import pytest
import torch

from tests.train.encoders.conftest import GRAMMAR
from train.encoders.masking import (
    IGNORED,
    Batch,
    Masking,
    TrainingBatches,
    held_out_batches,
    seed_for,
)
from train.encoders.sentences import Tokens, make_tokenizer, split, tokenise

PIECES = 200


@pytest.fixture(scope="module")
def tokenizer():
    return make_tokenizer(GRAMMAR, PIECES, 16)


@pytest.fixture(scope="module")
def tokens(tokenizer) -> Tokens:
    return tokenise(GRAMMAR, tokenizer, 16)


@pytest.fixture(scope="module")
def masked(tokenizer, tokens) -> tuple[torch.Tensor, Batch]:
    """(what was there, the masked batch) of all sentences, ten times over."""
    rows = list(tokens) * 10
    there = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=0)
    return there, Masking(tokenizer)(rows, seed=3)


def same(a: Batch, b: Batch) -> bool:
    return torch.equal(a.ids, b.ids) and torch.equal(a.labels, b.labels)


def shares(there: torch.Tensor, batch: Batch, special: list[int], mask: int) -> dict[str, float]:
    """Share of ordinary tokens to predict; of these: [MASK], unchanged, another."""
    ordinary = ~torch.isin(there, torch.tensor(special))
    chosen = batch.labels != IGNORED
    read, was = batch.ids[chosen], there[chosen]
    return {
        "chosen": float(chosen.sum() / ordinary.sum()),
        "mask": float((read == mask).float().mean()),
        "same": float((read == was).float().mean()),
        "other": float(((read != mask) & (read != was)).float().mean()),
    }


def assert_shares(found: dict[str, float], tokens: int) -> None:
    """Each share is the rule's within five standard errors, and the draws that hit by chance."""
    rule = {"chosen": 0.15, "mask": 0.8, "same": 0.1, "other": 0.1}
    for name, share in rule.items():
        size = tokens if name == "chosen" else 0.15 * tokens
        error = 5 * (share * (1 - share) / size) ** 0.5 + (0 if name == "chosen" else 0.2 / PIECES)
        assert abs(found[name] - share) < error, (name, found)


def test_the_shares(tokenizer, masked):
    there, batch = masked
    found = shares(there, batch, tokenizer.all_special_ids, tokenizer.mask_token_id)
    assert_shares(found, int((there != 0).sum()))


def test_the_share_test_catches_a_planted_share(tokenizer, tokens, masked):
    planted = Masking(tokenizer)
    planted._collator.mask_replace_prob = 0.7
    batch = planted(list(tokens) * 10, seed=3)
    found = shares(masked[0], batch, tokenizer.all_special_ids, tokenizer.mask_token_id)
    with pytest.raises(AssertionError, match="mask"):
        assert_shares(found, int((masked[0] != 0).sum()))


def test_special_tokens_and_padding_are_never_masked(tokenizer, masked):
    there, batch = masked
    special = torch.isin(there, torch.tensor(tokenizer.all_special_ids))
    assert (there == tokenizer.pad_token_id).any()
    assert (batch.labels[special] == IGNORED).all()
    assert torch.equal(batch.ids[special], there[special])
    assert torch.equal(batch.attention, (there != tokenizer.pad_token_id).long())


def test_labels_are_what_was_there_and_the_rest_is_untouched(masked):
    there, batch = masked
    chosen = batch.labels != IGNORED
    assert torch.equal(batch.labels[chosen], there[chosen])
    assert torch.equal(batch.ids[~chosen], there[~chosen])


def test_masks_are_drawn_anew_each_epoch_and_again_for_the_same_step(tokenizer, tokens):
    first, again = (TrainingBatches(tokens, Masking(tokenizer), 32, seed=0) for _ in range(2))
    other = TrainingBatches(tokens, Masking(tokenizer), 32, seed=1)
    steps = [1, 2, first.per_epoch, first.per_epoch + 1, 5]
    made = {step: first(step) for step in steps}
    for step in reversed(steps):  # whatever was asked before
        assert same(again(step), made[step])
    assert not any(same(made[1], made[step]) for step in steps[1:])
    assert not same(other(1), made[1])


def test_an_epoch_holds_every_sentence_once_in_batches_of_like_length(tokenizer, tokens):
    batches = TrainingBatches(tokens, Masking(tokenizer), 50, seed=0)
    orders = [batches._order(epoch) for epoch in (0, 1)]
    assert orders[0] != orders[1]
    lengths = tokens.lengths()
    for order in orders:
        assert sorted(index for batch in order for index in batch) == list(range(len(tokens)))
    spread = [max(lengths[i] for i in batch) - min(lengths[i] for i in batch) for batch in order]
    assert sum(spread) / len(spread) < 0.5 * (max(lengths) - min(lengths))


def test_held_out_batches_hold_every_sentence_under_the_same_masks(tokenizer, tokens):
    batches = [held_out_batches(tokens, Masking(tokenizer), 64, seed) for seed in (0, 0, 1)]
    assert sum(len(batch.ids) for batch in batches[0]) == len(tokens)
    assert all(map(same, *batches[:2]))
    assert not all(map(same, batches[0], batches[2]))


def test_tokens_cut_and_counted(tokenizer):
    texts = ["the king waits.", "the king " * 20]
    found = tokenise(texts, tokenizer, 16)
    assert found.lengths()[1] == 16
    assert tokenizer.decode(found[0]) == "[CLS] the king waits. [SEP]"
    assert len(found) == 2


def test_the_split_depends_on_the_seed_and_loses_nothing():
    training, held_out = split(GRAMMAR, 0)
    assert len(held_out) == 20
    assert sorted(training + held_out) == sorted(GRAMMAR)
    assert split(GRAMMAR, 0) == (training, held_out)
    assert split(GRAMMAR, 1)[1] != held_out


def test_seeds_differ_by_purpose():
    assert len({seed_for("mask", 1, 2), seed_for("mask", 12), seed_for("dropout", 1, 2)}) == 3
