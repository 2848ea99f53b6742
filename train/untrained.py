"""Scores of an encoder before its training, measured once in a process.

The seeds of a run and the trials of a sweep begin with one encoder: scoring it anew for each would
take as long as a good part of a short training.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer

from train import ranks, sts
from train.config import RunConfig
from train.evaluation import Evaluation, Scores, evaluate_all
from train.heads import without_head

_FOUND: dict[str, Scores] = {}


def untrained_scores(
    config: RunConfig, evaluations: list[Evaluation], model: SentenceTransformer
) -> Scores:
    """What `evaluate_all` gives; remembered for the same weights, settings and data."""
    bare = model if any(getattr(x, "kept", False) for x in model) else without_head(model)
    key = fingerprint(bare, *data(config))
    if key not in _FOUND:
        _FOUND[key] = ranks.once(lambda: evaluate_all(evaluations, model))
    return dict(_FOUND[key])


def fingerprint(model: SentenceTransformer, *more: str) -> str:
    """SHA-256 of the weights, of the modules and their settings, and of what else is given."""
    settings = str(model), str(model.device), str(model.prompts), str(model.default_prompt_name)
    digest = hashlib.sha256("\n".join([*settings, str(model.max_seq_length), *more]).encode())
    for name, value in model.state_dict().items():
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        whole = value.detach().cpu().contiguous().reshape(-1)
        digest.update(memoryview(whole.view(torch.uint8).numpy()))
    return digest.hexdigest()


def data(config: RunConfig) -> Iterator[str]:
    """What the encoder is scored on: the files of the tree, and whether the books are."""
    yield f"books: {config.corpus is None or config.eval_data is None}"
    root = sts.root_of(Path(config.eval_data)) if config.eval_data else None
    if root is None:
        return
    for path in (root / source.path for source in sts.SOURCES):
        if path.is_file():
            found = path.stat()
            yield f"{path.resolve()} {found.st_size} {found.st_mtime_ns}"
