"""Batches for masked language modelling: step s's batch is a function of (seed, s) alone.

So a resumed run needs no state of any random generator: order, masks and dropout of a step are
the same whoever asks, and whenever.

Devlin et al. 2019, arXiv:1810.04805, section 3.1: 15 % of the tokens are to be predicted; of
these 80 % read [MASK], 10 % another token, 10 % themselves. New masks every time (dynamic:
Liu et al. 2019, arXiv:1907.11692, section 4.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import BertTokenizer, DataCollatorForLanguageModeling
from transformers.trainer_pt_utils import get_length_grouped_indices

from train.encoders.sentences import Tokens

SHARE = 0.15  # of the tokens that are not special
IGNORED = -100  # the label of a token that is not to be predicted; torch's convention
BUCKET = 50  # batches sorted by length together


@dataclass(frozen=True)
class Batch:
    """Masked sentences, each array (rows, tokens)."""

    ids: Tensor  # int64, padded with [PAD]
    attention: Tensor  # int64: 1, or 0 at [PAD]
    labels: Tensor  # int64: the token to predict, or `IGNORED`

    def to(self, device: str) -> "Batch":
        return Batch(self.ids.to(device), self.attention.to(device), self.labels.to(device))


def seed_for(*parts: object) -> int:
    """A seed below 2⁶³ that differs for different parts, the same in every process."""
    return Random("/".join(map(str, parts))).getrandbits(63)


class Masking:
    """Pads sentences and masks them by the rule above, with transformers' collator."""

    def __init__(self, tokenizer: BertTokenizer):
        self._collator = DataCollatorForLanguageModeling(
            tokenizer, mlm_probability=SHARE, mask_replace_prob=0.8, random_replace_prob=0.1
        )
        self._special = torch.tensor(sorted(tokenizer.all_special_ids))
        self._pad = int(tokenizer.pad_token_id)

    def __call__(self, rows: Sequence[Tensor], seed: int) -> Batch:
        """The rows, each (tokens,), as one batch. Special tokens and padding stay as they are."""
        ids = pad_sequence(list(rows), batch_first=True, padding_value=self._pad)
        attention = (ids != self._pad).long()
        self._collator.generator = torch.Generator().manual_seed(seed)
        masked, labels = self._collator.torch_mask_tokens(ids, torch.isin(ids, self._special))
        return Batch(masked, attention, labels)


class TrainingBatches:
    """The batches of a run: full ones only, of sentences of about equal length."""

    def __init__(self, tokens: Tokens, masking: Masking, batch_size: int, seed: int):
        assert len(tokens) >= batch_size > 0
        self._tokens, self._masking = tokens, masking
        self._lengths = tokens.lengths()
        self._batch_size, self._seed = batch_size, seed
        self.per_epoch = len(tokens) // batch_size
        self._order = lru_cache(maxsize=2)(self._make_order)

    def __call__(self, step: int) -> Batch:
        """The batch of a step, counted from 1."""
        epoch, place = divmod(step - 1, self.per_epoch)
        rows = [self._tokens[index] for index in self._order(epoch)[place]]
        return self._masking(rows, seed_for("mask", self._seed, step))

    def _make_order(self, epoch: int) -> list[list[int]]:
        """The sentences of every batch of an epoch."""
        generator = torch.Generator().manual_seed(seed_for("order", self._seed, epoch))
        mult = max(1, min(BUCKET, len(self._tokens) // (4 * self._batch_size)))
        drawn = get_length_grouped_indices(self._lengths, self._batch_size, mult, generator)
        batches = [
            drawn[start : start + self._batch_size]
            for start in range(0, self.per_epoch * self._batch_size, self._batch_size)
        ]
        # The longest come first in each bucket; in this order, lengths would follow a saw.
        return [batches[place] for place in torch.randperm(len(batches), generator=generator)]


def held_out_batches(tokens: Tokens, masking: Masking, batch_size: int, seed: int) -> list[Batch]:
    """All sentences once, shortest first, with masks that depend on the seed alone."""
    lengths = tokens.lengths()
    order = sorted(range(len(tokens)), key=lengths.__getitem__)
    return [
        masking(
            [tokens[index] for index in order[start : start + batch_size]],
            seed_for("held out", seed, start),
        )
        for start in range(0, len(order), batch_size)
    ]
