"""The encoder of the best score so far, kept beside the checkpoints.

One folder a step, `best/step-<n>/`, written beside and renamed. An older one goes when every whole
checkpoint knows a newer: whatever a kill leaves, and whichever of the checkpoints turns out to be
damaged, the best of the one that the run goes on from is there.
"""

import shutil
from pathlib import Path

from sentence_transformers import SentenceTransformer

from train.checkpoints import complete, step_of
from train.evaluation import Scores
from train.folder import RunFolder
from train.heads import without_head

EVENT = "best"


class Best:
    """The best score on record, and where its encoder lies."""

    def __init__(self, folder: RunFolder):
        self.folder = folder
        self.root = folder.path / "best"
        found = [r for r in folder.records() if r["event"] == EVENT]
        self.step: int | None = found[-1]["step"] if found else None
        self.score: float | None = found[-1]["score"] if found else None

    @property
    def path(self) -> Path | None:
        """The encoder of the best score."""
        return None if self.step is None else self.root / f"step-{self.step}"

    def offer(self, model: SentenceTransformer, step: int, scores: Scores) -> bool:
        """Keep the encoder if its first score is better than all before; whether it is.

        An undefined score (a collapsed encoder) is never better.
        """
        name, score = next(iter(scores.items()))
        if score is None or (self.score is not None and score <= self.score):
            return False
        target = self.root / f"step-{step}"
        beside = self.root / f"step-{step}.new"
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(target, ignore_errors=True)  # of a step that is done again after a kill
        without_head(model).save_pretrained(str(beside), create_model_card=False)
        beside.replace(target)
        self.folder.append({"event": EVENT, "step": step, "name": name, "score": score})
        self.step, self.score = step, score
        return True

    def prune(self) -> None:
        """Delete all but the best, and the best as the whole checkpoints know it."""
        steps = [r["step"] for r in self.folder.records() if r["event"] == EVENT]
        kept = {self.step}
        for checkpoint in complete(self.folder.checkpoints):
            kept.add(max((s for s in steps if s <= step_of(checkpoint)), default=None))
        for path in self.root.glob("step-*"):
            if path.name not in {f"step-{step}" for step in kept}:
                shutil.rmtree(path)

    def clear(self) -> None:
        """Delete all: the best is the run's model now."""
        shutil.rmtree(self.root, ignore_errors=True)
