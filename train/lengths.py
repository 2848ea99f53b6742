"""How many tokens of a sentence an encoder reads: in training, in scoring, and when it is saved.

SimCSE's code (arXiv 2104.08821) trains on 32 tokens of a sentence and scores whole ones. So a run
cuts at the protocol's length in training alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sentence_transformers import SentenceTransformer

from train.errors import ConfigError

MAX_LENGTH = 128  # tokens, where an encoder is scored


def positions_of(model: SentenceTransformer) -> int | None:
    """How many tokens the encoder has positions for; None where that is not known.

    The RoBERTa family counts from the padding token's number on, and has so many fewer.
    """
    config = getattr(model[0], "config", None)
    positions = getattr(config, "max_position_embeddings", None)
    if positions is None:
        return None
    padding = [
        index
        for module in model[0].modules()
        if hasattr(module, "position_embeddings")
        and isinstance(index := getattr(module, "padding_idx", None), int)
    ]
    return int(positions) - (padding[0] + 1 if padding else 0)


def limit_of(model: SentenceTransformer) -> int | None:
    """Where the encoder cuts a sentence now; None for one that reads all of it (static words)."""
    limit = model.max_seq_length
    return limit if isinstance(limit, int) else None


def cut_at(model: SentenceTransformer, length: int) -> None:
    """Cut sentences at this many tokens, where the encoder cuts any."""
    if limit_of(model) is not None or model.max_seq_length is None:
        model.max_seq_length = length


def scoring_length(model: SentenceTransformer) -> int:
    """Where `train eval` cuts by default, and a run when it scores."""
    return min(MAX_LENGTH, positions_of(model) or MAX_LENGTH)


def saved_length(model: SentenceTransformer) -> int:
    """Where a trained encoder cuts once it is saved: as it was scored, or later if it was trained
    on more tokens."""
    return max(scoring_length(model), limit_of(model) or 0)


@contextmanager
def reading_as_scored(model: SentenceTransformer) -> Iterator[None]:
    """Sentences are cut at the scoring length inside the block."""
    trained = limit_of(model)
    cut_at(model, scoring_length(model))
    try:
        yield
    finally:
        if trained is not None:
            cut_at(model, trained)


def read_at_most(model: SentenceTransformer, length: int) -> None:
    """Set the length that --max-length gives, though the encoder was saved with a smaller one.

    Raises `ConfigError` beyond its positions, or beyond what it was saved with if it states none.
    """
    most = positions_of(model) or limit_of(model) or length
    if length > most:
        raise ConfigError(
            f"--max-length {length}: the encoder reads at most {most} tokens. Give {most} or less."
        )
    cut_at(model, length)
