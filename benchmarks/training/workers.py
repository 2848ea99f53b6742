"""Trainers that take turns: each in a process of its own, one step at a time.

What disturbs the machine meets all of them, and the ratio of neighbouring steps is hardly touched.
A waiting process waits in a read and uses no core.
"""

import multiprocessing
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from transformers import TrainerCallback

from benchmarks.training.subjects import Subject, make
from train.trainer import quiet

# Seconds, seconds of processor time, and a checksum of the token ids of the first column.
Step = tuple[float, float, int]


class Turns(TrainerCallback):
    """Trains while it has the turn: from the end of one step to the end of the next, loading and
    logging included."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.seen = connection, 0
        self.began = self.used = 0.0

    def look(self, module: object, inputs: tuple[Any, ...]) -> None:
        """A hook of the loss."""
        self.seen = zlib.crc32(next(iter(inputs[0]))["input_ids"].numpy().tobytes())

    def wait(self, control: Any) -> None:
        if not self.connection.recv():
            control.should_training_stop = True
        self.began, self.used = time.perf_counter(), time.process_time()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.connection.send(None)
        self.wait(control)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        took = time.perf_counter() - self.began, time.process_time() - self.used
        self.connection.send((*took, self.seen))
        self.wait(control)


def work(connection: Connection, subject: Subject, texts: Sequence[str]) -> None:
    """The whole life of a process."""
    quiet()
    torch.set_num_threads(subject.threads)
    with TemporaryDirectory() as folder:
        made = make(subject, texts, Path(folder))
        turns = Turns(connection)
        made.add_callback(turns)
        made.loss.register_forward_pre_hook(turns.look)
        made.train()


class Worker:
    """The other end of such a process."""

    def __init__(self, subject: Subject, texts: Sequence[str]) -> None:
        context = multiprocessing.get_context("spawn")
        self.subject = subject
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, subject, texts), daemon=True)
        self.process.start()
        theirs.close()  # so that its end is noticed
        self.connection.recv()  # the trainer is made

    def step(self) -> Step:
        """One step of training."""
        self.connection.send(True)
        found: Step = self.connection.recv()
        return found

    def stop(self) -> None:
        """Take one more step and end."""
        if self.process.is_alive():
            self.connection.send(False)
            self.process.join()
        self.connection.close()


@contextmanager
def workers(subjects: Sequence[Subject], texts: Sequence[str]) -> Iterator[list[Worker]]:
    """A worker for each, ended at the end."""
    with ExitStack() as stack:
        made = []
        for subject in subjects:
            made.append(Worker(subject, texts))
            stack.callback(made[-1].stop)
        yield made


def interleaved(
    subjects: Sequence[Subject], texts: Sequence[str], steps: int, warm: int, *, same: bool
) -> dict[str, list[Step]]:
    """`steps` steps of each subject after `warm` that do not count, in turn.

    same: they are meant to get the same batches. Raises `RuntimeError` if they do not.
    """
    taken: dict[str, list[Step]] = {x.name: [] for x in subjects}
    with workers(subjects, texts) as made:
        for number in range(warm + steps):
            for worker in made if number % 2 else made[::-1]:
                taken[worker.subject.name].append(worker.step())
            if same and len({x[-1][2] for x in taken.values()}) > 1:
                raise RuntimeError(f"step {number}: the trainers got different batches")
    return {name: found[warm:] for name, found in taken.items()}
