"""Measures a run at chosen steps, and leaves the run as it would be without."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from train.folder import Record
from train.measuring.board import Board
from train.measuring.embedding import Sample
from train.measuring.errors import MeasurementError
from train.measuring.measurement import Measurement
from train.measuring.records import COST, MEASUREMENT, SCHEMA
from train.measuring.state import seed_at, undisturbed
from train.measuring.summaries import Json

NOTHING_HELD_OUT = "no text is held out: give --held-out"
HARD_NEGATIVES = "left out: a measurement is of pairs, their hard negatives are not in its batches"


@dataclass(frozen=True)
class Samples:
    """What is embedded at every measurement. notes: what of the text is not in it, and why."""

    held_out: Sample | None
    train: Sample
    notes: dict[str, str]

    def named(self) -> dict[str, Sample]:
        return {"train": self.train} | ({"held_out": self.held_out} if self.held_out else {})


class MeasureEvery(TrainerCallback):
    """Appends a record before the first step, every `every` steps and after the last one, and at
    the end of training what it cost.

    every: ≥ 1. A record depends on the weights, the step and the seed alone, so that a resumed run
    has the records of an uninterrupted one, and the run's own weights do not depend on it. Only
    the first process measures. setup: seconds that making the samples took.
    """

    def __init__(
        self,
        every: int,
        model: SentenceTransformer,
        measurement: Measurement,
        samples: Samples,
        append: Callable[[Record], None],
        *,
        seed: int,
        batch: int,
        setup: float = 0.0,
        board: Board | None = None,
    ):
        if every < 1:
            raise MeasurementError(f"every={every}: give the number of steps, 1 or more.")
        self.every, self.model, self.measurement = every, model, measurement
        self.samples, self.append, self.board = samples, append, board
        self.seed, self.batch, self.setup = seed, batch, setup
        self.seconds, self.done = 0.0, 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.started, self.seconds, self.done = time.perf_counter(), 0.0, 0
        if state.global_step == 0:
            self._measure(state)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if state.global_step % self.every == 0 or state.global_step >= state.max_steps:
            self._measure(state)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """The cost; also where a signal ended training, which measures nothing more."""
        if not state.is_world_process_zero:
            return
        training = time.perf_counter() - self.started - self.seconds
        cost = self.seconds + self.setup
        self.append(
            {
                "event": COST,
                "step": state.global_step,
                "measurements": self.done,
                "seconds": round(self.seconds, 4),
                "setup_seconds": round(self.setup, 4),
                "training_seconds": round(training, 4),
                "share": round(cost / training, 5) if training > 0 else None,
            }
        )
        if self.board is not None:
            self.board.close()

    def _measure(self, state: TrainerState) -> None:
        if not state.is_world_process_zero:
            return
        if self.model.device.type == "cuda":
            torch.cuda.synchronize(self.model.device)  # the step's own work is not ours
        before = time.perf_counter()
        record = self.record(state.global_step)
        if self.board is not None:
            self.board.write(record)
        seconds = time.perf_counter() - before
        self.append({**record, "seconds": round(seconds, 4)})
        self.seconds += seconds
        self.done += 1

    def record(self, step: int) -> Record:
        """The record of a step, but for the seconds that it took."""
        found: dict[str, Json | None] = {"held_out": None, "train": None}
        reasons = dict(self.samples.notes)
        seed = seed_at(self.seed, step)
        with undisturbed(self.model, seed):
            views = {name: x.embed(self.model) for name, x in self.samples.named().items()}
            for name, (h, h_prime) in views.items():
                try:
                    found[name] = self.measurement(h, h_prime, seed=seed, batch=self.batch)
                except MeasurementError as error:  # on record; the loss itself stops the run
                    reasons[name] = str(error)
        return {"event": MEASUREMENT, "step": step, "schema": SCHEMA, **found, "reasons": reasons}
