"""One evaluation from top to bottom: read, embed, score, keep."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from train.senteval import classify, similarity, space
from train.senteval.data import CLASSES, NEEDED, Loaded
from train.senteval.embeddings import Embeddings, Encode
from train.senteval.record import Results, save
from train.senteval.tasks import DIAGNOSTICS, SimilarityTask, TransferTask


class Watcher(Protocol):
    """Who is told how far the evaluation is."""

    def begin(self, name: str, what: str, total: int) -> Callable[[int], None]:
        """A stage of a task begins; the function is called with how much more is done."""

    def done(self, name: str, record: Mapping[str, Any]) -> None:
        """A task is finished."""


def run(
    names: Sequence[str],
    data: Mapping[str, Loaded],
    encode: Encode,
    results: Results,
    out: Path | None,
    watcher: Watcher,
) -> None:
    """Evaluate what `results` does not hold yet, in the order of `names`, and keep each in `out`.

    A kept score whose data has changed since is measured again. Raises `ContragradError`s.
    """
    embeddings = Embeddings(encode)
    for name in names:
        used = used_by(name, data)
        digest = "+".join(loaded.digest() for loaded in used)
        kept = results.diagnostics if name == DIAGNOSTICS else results.tasks.get(name)
        if kept is not None and kept.get("data_sha256") == digest:
            watcher.done(name, kept)
            continue
        started = time.monotonic()
        sentences = [x for loaded in used for x in loaded.sentences]
        embeddings.add(
            sentences, watcher.begin(name, "embedding", len(embeddings.missing(sentences)))
        )
        record = measure(name, data, embeddings, watcher)
        record |= {"seconds": round(time.monotonic() - started, 2), "data_sha256": digest}
        if name == DIAGNOSTICS:
            results.diagnostics = record
        else:
            results.tasks[name] = record
        if out is not None:
            save(results, out)
        watcher.done(name, record)


def used_by(name: str, data: Mapping[str, Loaded]) -> list[Loaded]:
    """The data of a task, or of the diagnostics."""
    if name != DIAGNOSTICS:
        return [data[name]]
    return [data[NEEDED], *([data[CLASSES]] if CLASSES in data else [])]


def measure(
    name: str, data: Mapping[str, Loaded], embeddings: Embeddings, watcher: Watcher
) -> dict[str, Any]:
    """The record of a task whose sentences are embedded."""
    if name == DIAGNOSTICS:
        questions = data[CLASSES].parts if CLASSES in data else None
        (pairs,) = data[NEEDED].pairs
        return space.diagnose(pairs, questions["train"] if questions else None, embeddings)
    loaded = data[name]
    if isinstance(loaded.task, SimilarityTask):
        return similarity.score(loaded.pairs, embeddings)
    assert isinstance(loaded.task, TransferTask)
    assert loaded.parts is not None
    protocol = loaded.task.protocol
    advance = watcher.begin(name, "classifying", classify.STEPS[protocol])
    return classify.score(protocol, loaded.parts, embeddings, lambda: advance(1))
