"""What is timed: a trainer, ready to train, of ours or of sentence-transformers."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets import Dataset
from rich.console import Console
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
from sentence_transformers.sentence_transformer.losses import (
    CachedMultipleNegativesRankingLoss,
    MultipleNegativesRankingLoss,
)
from transformers import PrinterCallback, TrainerCallback

from train import encoder, trainer
from train.corpus import DROPOUT, Corpus
from train.equip import equip
from train.loss import derived_loss
from train.progress import Report
from train.protocols import Protocol
from train.signals import StopOnSignal

OURS, THEIRS = "ours", "sentence-transformers"
SCALE = 20  # of their loss: 1/τ


@dataclass(frozen=True)
class Subject:
    """settings: of `Protocol`. The same model, sentences and seed give the same batches."""

    name: str
    maker: str
    model: str  # a folder
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    threads: int = 2

    @property
    def protocol(self) -> Protocol:
        """Nothing is saved on the way."""
        return Protocol(**{"save_every": 10**9, "steps": 10**6, **self.settings})


def make(subject: Subject, texts: Sequence[str], folder: Path) -> SentenceTransformerTrainer:
    """The trainer of a subject; folder: for what it writes."""
    protocol = subject.protocol
    model = encoder.load(subject.model, protocol.max_length, "cpu")
    equip(model, protocol, subject.seed)
    args = trainer.arguments(protocol, subject.seed, folder, "cpu")
    if subject.maker == THEIRS:
        return _theirs(model, protocol, texts, args)
    loss = derived_loss(model, "infonce", {"tau": f"1/{SCALE}"}, protocol)
    report = Report(Console(file=io.StringIO()), lambda record: None, protocol.batch_size)
    callbacks: list[TrainerCallback] = [report, StopOnSignal()]  # as `train run` has them
    return trainer.make_trainer(
        loss, Corpus("", DROPOUT, texts, texts), args, callbacks, protocol.bucket
    )


def _theirs(
    model: SentenceTransformer, protocol: Protocol, texts: Sequence[str], args: Any
) -> SentenceTransformerTrainer:
    loss: Any
    if protocol.mini_batch is None:
        loss = MultipleNegativesRankingLoss(model, scale=SCALE)
    else:
        loss = CachedMultipleNegativesRankingLoss(
            model, scale=SCALE, mini_batch_size=protocol.mini_batch
        )
    rows = Dataset.from_dict({"anchor": list(texts), "positive": list(texts)})
    made = SentenceTransformerTrainer(model=model, args=args, train_dataset=rows, loss=loss)
    made.remove_callback(PrinterCallback)
    return made
