"""Ctrl-C and kill during training: finish the step, save a checkpoint, then stop."""

import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from train.errors import TrainingInterrupted
from train.folder import RunFolder
from train.ranks import greatest


class StopOnSignal(TrainerCallback):
    """Asks the trainer to save and stop at the end of the step in which a signal came.

    A second signal stops at once; the run then goes on from the checkpoint before. Of several
    processes, a signal to one stops all after the same step.
    """

    def __init__(self) -> None:
        self.received: int | None = None

    def receive(self, number: int, frame: FrameType | None) -> None:
        """The signal handler."""
        if self.received is not None:
            raise KeyboardInterrupt
        self.received = number

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.received = greatest(self.received or 0) or None
        if self.received is not None:
            control.should_save = True
            control.should_training_stop = True


@contextmanager
def handling(stop: StopOnSignal) -> Iterator[None]:
    """Route SIGINT and SIGTERM to `stop` inside the block."""
    previous = {
        number: signal.signal(number, stop.receive) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def interrupted(folder: RunFolder, number: int) -> TrainingInterrupted:
    """What to type to go on with the run in `folder`."""
    name, path = signal.Signals(number).name, shlex.quote(str(folder.path))
    return TrainingInterrupted(f"Stopped by {name}. Go on with: train run --resume {path}", number)


@contextmanager
def resumable(folder: RunFolder) -> Iterator[None]:
    """Turn a Ctrl-C that no handler took into `TrainingInterrupted`."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise interrupted(folder, signal.SIGINT) from error
