"""Each distinct sentence embedded once in a process, in batches of like length."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from train.errors import DivergedError

Vectors = NDArray[np.float32]  # (sentences, D), as the encoder gives them: not made unit rows
Encode = Callable[[list[str]], Vectors]
Advance = Callable[[int], None]  # called with how many sentences are newly embedded

CHUNK = 1_024  # sentences between two signs of progress


class Embeddings:
    """What `encode` returned, by sentence.

    encode: distinct sentences, longest first (what does not fit in memory fails at once).
    """

    def __init__(self, encode: Encode):
        self.encode = encode
        self.known: dict[str, Vectors] = {}

    def missing(self, sentences: Sequence[str]) -> list[str]:
        """The distinct ones that are not embedded yet, longest first."""
        new = dict.fromkeys(x for x in sentences if x not in self.known)
        return sorted(new, key=len, reverse=True)

    def add(self, sentences: Sequence[str], advance: Advance = lambda _: None) -> None:
        """Embed what is missing. Raises `DivergedError` for embeddings that are not finite."""
        new = self.missing(sentences)
        for start in range(0, len(new), CHUNK):
            some = new[start : start + CHUNK]
            vectors = np.asarray(self.encode(some), dtype=np.float32)
            refuse_not_finite(some, vectors)
            self.known.update(zip(some, vectors, strict=True))
            advance(len(some))

    def rows(self, sentences: Sequence[str]) -> NDArray[np.float64]:
        """(sentences, D) of sentences that were added."""
        return np.array([self.known[x] for x in sentences], dtype=np.float64)


def refuse_not_finite(sentences: Sequence[str], vectors: Vectors) -> None:
    """Raises `DivergedError` with the first sentence whose embedding has a NaN or an infinity."""
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise DivergedError(
            f"{len(bad)} of {len(sentences)} embeddings are not finite, the first of "
            f"{sentences[bad[0]][:80]!r}. The encoder is damaged: give another, or train it again "
            "with a lower --lr."
        )


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit rows; a zero row stays zero, so that its cosine with anything is 0 as in SentEval."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)
