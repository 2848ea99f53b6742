"""The held-out score of an encoder that was trained with a lever."""

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks.training.subjects import Subject, make
from train.evaluation import encoding
from train.heads import without_head
from train.sts import senteval
from train.trainer import quiet


def train_and_score(
    subject: Subject, texts: Sequence[str], data: Path, first: bool
) -> dict[str, Any]:
    """Spearman on STS-B dev after training; first: and before."""
    quiet()
    torch.set_num_threads(subject.threads)
    evaluate = senteval(data)[0]
    with TemporaryDirectory() as folder:
        made = make(subject, texts, Path(folder))
        before = evaluate(encoding(made.model.eval())) if first else {}
        began = time.perf_counter()
        made.train()
        seconds = time.perf_counter() - began
        after = evaluate(encoding(without_head(made.model).eval()))
    (name,) = after
    found = {"name": name, "after": after[name], "seconds": seconds}
    return {**found, "before": before[name]} if first else found


def score(subject: Subject, texts: Sequence[str], data: Path, first: bool) -> dict[str, Any]:
    """The same in a process of its own: precision and compilation are settings of a process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool:
        return pool.submit(train_and_score, subject, texts, data, first).result()
