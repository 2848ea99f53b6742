"""Scores on record and on the screen, and the finished run on disk."""

import shutil
from collections.abc import Sequence
from typing import Any, Literal

from rich.console import Console
from rich.table import Table
from sentence_transformers import SentenceTransformer

from train import ranks
from train.card import shown
from train.errors import CollapsedError
from train.evaluation import Evaluation, Scores, evaluate_all
from train.folder import Record, RunFolder
from train.lengths import cut_at, saved_length

When = Literal["before", "during", "after"]
COLLAPSED = "undefined (null): every pair of sentences has the same similarity"


def score(
    folder: RunFolder,
    evaluations: Sequence[Evaluation],
    model: SentenceTransformer,
    when: When,
    step: int,
) -> Scores:
    """Evaluate `model` in one process and append the scores, with a note if one is undefined."""
    scores = ranks.once(lambda: evaluate_all(evaluations, model))
    return on_record(folder, scores, when, step)


def on_record(folder: RunFolder, scores: Scores, when: When, step: int) -> Scores:
    """The scores, appended to the metrics."""
    record: Record = {"event": "evaluation", "when": when, "step": step, "scores": scores}
    if None in scores.values():
        record["note"] = COLLAPSED
    folder.append(record)
    return scores


def scores_at(folder: RunFolder, when: When) -> Scores | None:
    """The scores on record, the latest if there are several."""
    found = [r.get("scores") for r in folder.records() if r.get("when") == when]
    whole = [scores for scores in found if are_scores(scores)]
    return whole[-1] if whole else None


def are_scores(value: Any) -> bool:
    """Whether a value read from the metrics is scores by name."""
    return isinstance(value, dict) and all(
        score is None or isinstance(score, int | float) for score in value.values()
    )


def save(folder: RunFolder, model: SentenceTransformer) -> None:
    """Write the model, which from now on cuts sentences where it was scored, or later."""
    cut_at(model, saved_length(model))
    model.save_pretrained(str(folder.model), create_model_card=False)


def complete(folder: RunFolder, card: str, steps: int) -> None:
    """Write the card beside the model; then the checkpoints have served."""
    for path in (folder.card, folder.model / "README.md"):
        path.write_text(card, encoding="utf-8")
    folder.append({"event": "finished", "step": steps})
    shutil.rmtree(folder.checkpoints, ignore_errors=True)


def is_finished(folder: RunFolder) -> bool:
    """Whether the run came to its end, model and card included."""
    return any(record.get("event") == "finished" for record in folder.records())


def print_scores(console: Console, title: str, before: Scores, after: Scores) -> None:
    """A table of the scores."""
    table = Table(title=title)
    table.add_column("score")
    for column in ("before", "after", "change"):
        table.add_column(column, justify="right")
    for name, value in after.items():
        first = before.get(name)
        change = "–" if first is None or value is None else f"{value - first:+.4f}"
        table.add_row(name, shown(first), shown(value), change)
    console.print(table)


def report_collapse(folder: RunFolder, after: Scores) -> None:
    """Raises `CollapsedError` if a score of the finished run is undefined."""
    undefined = [name for name, value in after.items() if value is None]
    if undefined:
        raise CollapsedError(
            "the embeddings have collapsed: every pair of sentences has the same similarity, so "
            f"{', '.join(undefined)} is undefined. The run in {str(folder.path)!r} is complete; "
            "train again with a lower --lr or other hyper-parameters."
        )
