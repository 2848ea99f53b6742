"""Checkpoints that count only when they are whole.

The trainer writes `checkpoint-<step>/` in place, so a kill may leave half of one, and its
own search takes the highest number. Here a marker is written after the last file: a folder
without it is not a checkpoint.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from train.ranks import is_first, meet

MARKER = "COMPLETE"
KEEP = 2  # the newest, and the one before it


def step_of(checkpoint: Path) -> int:
    """The step in a checkpoint's name."""
    return int(checkpoint.name.rpartition("-")[2])


def complete(folder: Path) -> list[Path]:
    """The whole checkpoints in `folder`, oldest first."""
    found = [marker.parent for marker in folder.glob(f"checkpoint-*/{MARKER}")]
    return sorted(found, key=step_of)


def last(folder: Path) -> Path | None:
    """The newest whole checkpoint, if there is one."""
    found = complete(folder)
    return found[-1] if found else None


def prune(folder: Path) -> None:
    """Delete broken checkpoints and all whole ones but the newest `KEEP`."""
    kept = complete(folder)[-KEEP:]
    for checkpoint in folder.glob("checkpoint-*"):
        if checkpoint not in kept:
            (checkpoint / MARKER).unlink(missing_ok=True)  # first: deleting can be cut short too
            shutil.rmtree(checkpoint)


class MarkComplete(TrainerCallback):
    """Marks each checkpoint once every process has written its part, then deletes older ones.

    `then` is called after that: what the checkpoint made superfluous can go.
    """

    def __init__(self, then: Callable[[], object] = lambda: None):
        self.then = then

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        meet()
        if is_first():
            folder = Path(str(args.output_dir))
            (folder / f"checkpoint-{state.global_step}" / MARKER).touch()
            prune(folder)
            self.then()
        meet()
