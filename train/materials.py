"""What a run is made from: corpus, evaluations, encoder, and the record of them."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer

from derive.objective import Objective
from train import bible, corpus, encoder, ranks, sts
from train.config import RunConfig
from train.corpora import MAX_CHARACTERS, Columns, read, split
from train.corpus import Corpus
from train.equip import equip, go_on_equipped
from train.errors import EvaluationError
from train.evaluation import GRADED, RETRIEVAL, Evaluation, held_out_books
from train.folder import Record
from train.identity import record_of
from train.lengths import read_at_most
from train.protocols import Protocol
from train.versions import versions


def read_corpus(config: RunConfig) -> Corpus:
    """The file given with --corpus, else the embedded translations."""
    if config.corpus is None:
        return corpus.embedded(config.seed, config.max_sentences)
    columns = Columns(**config.columns)
    most = config.max_characters or MAX_CHARACTERS
    return read(
        config.corpus,
        seed=config.seed,
        limit=config.max_sentences,
        columns=columns,
        max_characters=most,
    )


def score_names(given: str | None, eval_data: str | None) -> list[str]:
    """What a run with this --corpus and --eval-data scores: the names of `read_evaluations`."""
    root = sts.root_of(Path(eval_data)) if eval_data else None
    found = [x.name for x in sts.SOURCES if root is not None and (root / x.path).is_file()]
    return found + ([RETRIEVAL, GRADED] if given is None or not found else [])


def read_evaluations(config: RunConfig) -> list[Evaluation]:
    """SentEval's pairs if given; the held-out books if there is no other text or no other data."""
    evaluations = sts.senteval(Path(config.eval_data)) if config.eval_data else []
    if evaluations and config.chosen.keep_best and not sts.has_dev(Path(config.eval_data or "")):
        raise EvaluationError(
            f"--eval-data {config.eval_data!r} has no STS-B dev ({sts.SOURCES[0].path}), and a "
            "test score must not choose the encoder that is kept. Add it, or give --no-keep-best."
        )
    if config.corpus is None or not evaluations:
        evaluations.append(held_out_books(corpus.held_out(bible.verses())))
    return evaluations


def parted(text: Corpus, config: RunConfig) -> tuple[Corpus, Corpus | None]:
    """The rows to train on and the rows held out, by the seed; None if nothing is held out."""
    share = config.chosen.held_out
    if not share:
        return text, None
    return split(text, share, config.seed)


def not_trained_on(text: Corpus, held_out: Corpus | None) -> str:
    """What is not in the text to train on: left out, or held out to be measured."""
    apart = f", and {len(held_out):,} rows are held out" if held_out is not None else ""
    return text.left_out() + apart


def make_encoder(
    config: RunConfig, protocol: Protocol, text: Corpus, device: str, checkpoint: Path | None
) -> SentenceTransformer:
    """The encoder of a checkpoint, of --model, or a small new one, in this order, equipped."""
    length = protocol.max_length
    if checkpoint is not None:
        model = encoder.load(str(checkpoint), length, device)
        go_on_equipped(model, protocol, config.seed)
        return model
    if config.model is not None:
        model = encoder.load(config.model, length, device)
    else:
        model = encoder.build(text.texts(), config.seed, length, device)
    if "max_length" in config.overrides:
        read_at_most(model, length)
    equip(model, protocol, config.seed)
    return model


def first_record(
    config: RunConfig,
    objective: Objective,
    protocol: Protocol,
    text: Corpus,
    device: str,
    verification: Mapping[str, Any],
) -> Record:
    """What config.json holds."""
    return {
        "options": asdict(config),
        "loss": record_of(config.loss, objective),
        "schedule": asdict(protocol),
        "device": device,
        "threads": torch.get_num_threads(),
        "processes": ranks.world(),
        "corpus": {
            "name": text.name,
            "views": text.views,
            "rows": len(text),
            "dropped": dict(text.dropped),
            "first": dict(text.first),
            "sha256": fingerprint(text),
        },
        "verification": dict(verification),
        "versions": versions(),
        "command": config.command(protocol),
    }


def fingerprint(text: Corpus) -> str:
    """Equal for equal rows in equal order (SHA-256, hexadecimal)."""
    digest = hashlib.sha256()
    columns = [x for x in (text.anchors, text.positives, text.negatives) if x is not None]
    for row in zip(*columns, strict=True):
        digest.update("".join(f"{cell}\n" for cell in row).encode())
    return digest.hexdigest()
