"""The callback of a run, made from its configuration."""

import time
from collections.abc import Callable
from pathlib import Path

from sentence_transformers import SentenceTransformer
from transformers import TrainerCallback

from derive.objective import Objective
from train.config import RunConfig
from train.corpus import Corpus
from train.folder import Record
from train.measuring.board import Board
from train.measuring.callback import HARD_NEGATIVES, NOTHING_HELD_OUT, MeasureEvery, Samples
from train.measuring.embedding import Sample, held_out_rows
from train.measuring.measurement import Measurement
from train.protocols import Protocol

MOST = 512  # rows of a measured batch: memory and time grow with its square
LEAST_EVERY = 50  # steps: with the samples here, less than 3 % of the time (docs/measuring.md)


def default_every(steps: int) -> int:
    """Ten measurements a run, and never more often than every 50 steps."""
    return max(LEAST_EVERY, -(-steps // 10))


def measuring(
    config: RunConfig,
    protocol: Protocol,
    objective: Objective,
    held_out_corpus: Corpus | None,
    train_corpus: Corpus,
    model: SentenceTransformer,
    append: Callable[[Record], None],
    *,
    folder: Path | None = None,
) -> TrainerCallback:
    """The callback that measures a run of `protocol` (resolved: its steps are known).

    held_out_corpus: text that is not trained on, or None. model: the encoder that is trained, with
    its training head. append: takes one record (`RunFolder.append`). folder: of the run, for
    TensorBoard's files; None writes none. protocol.measure_every None: `default_every`.

    Batches are those of training (of at most `MOST` rows), so that GD and W are of as many
    negatives. Raises as `Measurement.of`.
    """
    before = time.perf_counter()
    batch, seed = min(protocol.batch_size, MOST), config.seed
    steps = protocol.steps
    assert steps is not None
    samples, notes = {}, noted(protocol, train_corpus)
    for name, corpus, rows in (
        ("held_out", held_out_corpus, held_out_rows(batch)),
        ("train", train_corpus, batch),
    ):
        if corpus is None or len(corpus) < 2:
            notes[name] = NOTHING_HELD_OUT
            continue
        samples[name] = Sample.of(model, corpus, rows, batch, seed)
    measurement = Measurement.of(objective, config.settings, symmetric=protocol.symmetric)
    return MeasureEvery(
        protocol.measure_every or default_every(steps),
        model,
        measurement,
        Samples(samples.get("held_out"), samples["train"], notes),
        append,
        seed=seed,
        batch=batch,
        setup=time.perf_counter() - before,
        board=Board.within(folder) if folder else None,
    )


def noted(protocol: Protocol, corpus: Corpus) -> dict[str, str]:
    """What of training is not in the measured batches, and why."""
    notes = {}
    if corpus.negatives is not None:
        notes["negatives"] = HARD_NEGATIVES
    if protocol.batch_size > MOST:
        notes["batch"] = (
            f"batches of {MOST} rows, and not of {protocol.batch_size} as in training: the time "
            "and memory of a measurement grow with the square"
        )
    return notes
