"""A sample of the text, tokenised once, and embedded as training embeds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor

from train.corpus import Corpus
from train.prompts import default_prompt

Features = dict[str, Any]  # what the tokenizer returns for one column of a batch
FEWEST = 64  # rows of the held-out sample, where a batch has fewer


@dataclass(frozen=True)
class Sample:
    """chunks: the two columns of a few rows each, sentences of like length together; places: the
    row of the sample that each embedded row is."""

    chunks: Sequence[tuple[Features, Features]]
    places: Tensor

    def __len__(self) -> int:
        return len(self.places)

    @classmethod
    def of(
        cls, model: SentenceTransformer, corpus: Corpus, rows: int, chunk: int, seed: int
    ) -> "Sample":
        """At most `rows` rows of the corpus, drawn by the seed; `chunk` rows are embedded at once.

        Where a row's views are the same sentence, dropout makes them differ.
        """
        drawn: Sequence[int] = range(len(corpus))
        if rows < len(corpus):
            drawn = sorted(Random(seed).sample(drawn, rows))
        pairs = [(corpus.anchors[row], corpus.positives[row]) for row in drawn]
        order = sorted(range(len(pairs)), key=lambda i: max(map(len, pairs[i])))
        chunks, prompt = [], default_prompt(model)
        for start in range(0, len(order), chunk):
            anchors, positives = zip(*(pairs[i] for i in order[start : start + chunk]), strict=True)
            first = model.preprocess(list(anchors), prompt=prompt)
            same = anchors == positives
            second = first if same else model.preprocess(list(positives), prompt=prompt)
            chunks.append((first, second))
        return cls(chunks, torch.tensor(order))

    def embed(self, model: SentenceTransformer) -> tuple[Tensor, Tensor]:
        """(rows, D) each, on the CPU: the raw embeddings of the two views, in the model's mode."""
        views = zip(*([embedded(model, x) for x in chunk] for chunk in self.chunks), strict=True)
        first, second = (torch.cat(view).cpu() for view in views)
        h, h_prime = torch.empty_like(first), torch.empty_like(second)
        h[self.places], h_prime[self.places] = first, second
        return h, h_prime


def embedded(model: SentenceTransformer, features: Features) -> Tensor:
    """(rows, D), float32, on the model's device."""
    on_device = {
        name: x.to(model.device) if isinstance(x, Tensor) else x for name, x in features.items()
    }  # a new dict: models write into it
    found: Tensor = model(on_device)["sentence_embedding"]
    return found.float()


def held_out_rows(batch: int) -> int:
    """Whole batches, as few as hold `FEWEST` rows."""
    return batch * max(1, FEWEST // batch)
