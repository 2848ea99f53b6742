"""What a run is made from: corpus, evaluations, encoder, and the record of them."""

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer

from derive.objective import Objective
from train import bible, corpus, encoder, sts, trainer
from train.config import RunConfig, Schedule
from train.corpus import Corpus
from train.evaluation import Evaluation, held_out_books
from train.folder import Record
from train.identity import record_of

PACKAGES = (
    "torch", "transformers", "sentence-transformers", "tokenizers", "datasets", "numpy", "sympy",
)  # fmt: skip


def read_corpus(config: RunConfig) -> Corpus:
    """The file given with --corpus, else the embedded translations."""
    if config.corpus is None:
        return corpus.embedded(config.seed, config.max_sentences)
    return corpus.from_file(Path(config.corpus), config.seed, config.max_sentences)


def read_evaluations(config: RunConfig) -> list[Evaluation]:
    """SentEval's pairs if given; the held-out books if there is no other text or no other data."""
    evaluations = sts.senteval(Path(config.eval_data)) if config.eval_data else []
    if config.corpus is None or not evaluations:
        evaluations.append(held_out_books(corpus.held_out(bible.verses())))
    return evaluations


def make_encoder(
    config: RunConfig, max_length: int, text: Corpus, device: str, checkpoint: Path | None
) -> SentenceTransformer:
    """The encoder of a checkpoint, of --model, or a small new one, in this order."""
    if checkpoint is not None:
        return encoder.load(str(checkpoint), max_length, device)
    if config.model is not None:
        return encoder.load(config.model, max_length, device)
    return encoder.build(text.texts(), config.seed, max_length, device)


def first_record(
    config: RunConfig,
    objective: Objective,
    schedule: Schedule,
    text: Corpus,
    device: str,
    verification: Mapping[str, Any],
) -> Record:
    """What config.json holds."""
    return {
        "options": asdict(config),
        "loss": record_of(config.loss, objective),
        "schedule": asdict(schedule),
        "device": device,
        "threads": torch.get_num_threads(),
        "max_grad_norm": trainer.MAX_GRAD_NORM,
        "corpus": {
            "name": text.name,
            "views": text.views,
            "rows": len(text),
            "dropped": dict(text.dropped),
            "sha256": fingerprint(text),
        },
        "verification": dict(verification),
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "command": config.command(schedule),
    }


def fingerprint(text: Corpus) -> str:
    """Equal for equal rows in equal order (SHA-256, hexadecimal)."""
    digest = hashlib.sha256()
    for anchor, positive in zip(text.anchors, text.positives, strict=True):
        digest.update(f"{anchor}\n{positive}\n".encode())
    return digest.hexdigest()
