"""Sentences as token numbers: split into training and held-out ones, kept in one flat array."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
from torch import Tensor
from transformers import BertTokenizer

from train import encoder
from train.errors import ConfigError

HELD_OUT_SHARE = 0.02
HELD_OUT_MOST = 1_000  # sentences: enough for a loss to 1 %, cheap enough for every save
CHUNK = 10_000  # sentences tokenised at a time


@dataclass(frozen=True)
class Tokens:
    """Token numbers of n sentences, one after the other, [CLS] and [SEP] included."""

    ids: Tensor  # (sum of lengths,), int32
    starts: Tensor  # (n + 1,), int64: sentence i is ids[starts[i]:starts[i + 1]]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, index: int) -> Tensor:  # (length,), int64
        return self.ids[self.starts[index] : self.starts[index + 1]].long()

    def __iter__(self) -> Iterator[Tensor]:
        return (self[index] for index in range(len(self)))

    def lengths(self) -> list[int]:
        """Tokens in each sentence."""
        return self.starts.diff().tolist()


def split(sentences: Sequence[str], seed: int) -> tuple[list[str], list[str]]:
    """(training, held out): 2 %, but 1 to 1,000, are held out, drawn by the seed.

    Raises `ConfigError` where there are fewer than two sentences.
    """
    if len(sentences) < 2:
        raise ConfigError(
            f"{len(sentences)} sentence(s) cannot be split in training and held-out text. "
            "Give a --corpus with at least two different sentences."
        )
    count = min(HELD_OUT_MOST, max(1, round(HELD_OUT_SHARE * len(sentences))))
    drawn = set(Random(f"held out/{seed}").sample(range(len(sentences)), count))
    training = [text for index, text in enumerate(sentences) if index not in drawn]
    return training, [sentences[index] for index in sorted(drawn)]


def make_tokenizer(texts: Sequence[str], size: int, max_length: int) -> BertTokenizer:
    """A lower-casing WordPiece tokenizer with at most `size` pieces, made from the texts."""
    return BertTokenizer(
        vocab=encoder.vocabulary(texts, size), do_lower_case=True, model_max_length=max_length
    )


def load_tokenizer(folder: Path) -> BertTokenizer:
    """The tokenizer that a run saved when it began."""
    tokenizer: BertTokenizer = BertTokenizer.from_pretrained(str(folder))
    return tokenizer


def tokenise(texts: Sequence[str], tokenizer: BertTokenizer, max_length: int) -> Tokens:
    """Each text cut at `max_length` tokens."""
    ids: list[Tensor] = []
    lengths: list[int] = []
    for start in range(0, len(texts), CHUNK):
        some = list(texts[start : start + CHUNK])
        for row in tokenizer(some, truncation=True, max_length=max_length)["input_ids"]:
            ids.append(torch.tensor(row, dtype=torch.int32))
            lengths.append(len(row))
    starts = torch.tensor([0, *lengths]).cumsum(0)
    return Tokens(torch.cat(ids), starts)
