"""Scores on record and on the screen, and the finished run on disk."""

import shutil
from collections.abc import Mapping, Sequence
from typing import Literal

from rich.console import Console
from rich.table import Table
from sentence_transformers import SentenceTransformer

from train.evaluation import Evaluation, Scores, evaluate_all
from train.folder import RunFolder

When = Literal["before", "during", "after"]


def score(
    folder: RunFolder,
    evaluations: Sequence[Evaluation],
    model: SentenceTransformer,
    when: When,
    step: int,
) -> Scores:
    """Evaluate `model` and append the scores to the metrics."""
    scores = evaluate_all(evaluations, model)
    folder.append({"event": "evaluation", "when": when, "step": step, "scores": scores})
    return scores


def scores_at(folder: RunFolder, when: When) -> Scores | None:
    """The scores on record, the latest if there are several."""
    found = [record for record in folder.records() if record.get("when") == when]
    return found[-1]["scores"] if found else None


def save(folder: RunFolder, model: SentenceTransformer, card: str, steps: int) -> None:
    """Write the model and its card; then the checkpoints have served."""
    model.save_pretrained(str(folder.model), create_model_card=False)
    for path in (folder.card, folder.model / "README.md"):
        path.write_text(card, encoding="utf-8")
    folder.append({"event": "finished", "step": steps})
    shutil.rmtree(folder.checkpoints, ignore_errors=True)


def is_finished(folder: RunFolder) -> bool:
    """Whether the run came to its end, model and card included."""
    return any(record["event"] == "finished" for record in folder.records())


def print_scores(
    console: Console, title: str, before: Mapping[str, float], after: Mapping[str, float]
) -> None:
    """A table of the scores."""
    table = Table(title=title)
    table.add_column("score")
    for column in ("before", "after", "change"):
        table.add_column(column, justify="right")
    for name, value in after.items():
        change = value - before[name]
        table.add_row(name, f"{before[name]:.4f}", f"{value:.4f}", f"{change:+.4f}")
    console.print(table)
