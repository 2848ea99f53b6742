"""The training loop: one step after the other, each a function of the weights and its number."""

import math
import shlex
import signal
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
from rich.console import Console
from torch.nn.utils import clip_grad_norm_
from transformers import BertForMaskedLM

from train import checkpoints
from train.encoders import masked_lm, record, schedule, state
from train.encoders.masking import Batch, seed_for
from train.encoders.progress import Progress
from train.encoders.settings import Pretraining
from train.errors import DivergedError, TrainingInterrupted
from train.folder import RunFolder
from train.signals import StopOnSignal, handling


class Loop:
    """A pretraining run in its folder; `model` is trained in place."""

    def __init__(
        self,
        settings: Pretraining,
        folder: Path,
        model: BertForMaskedLM,
        batches: Callable[[int], Batch],
        checks: list[Batch],
        began: float,  # time.monotonic() when the command began
        console: Console,
    ):
        self.settings, self.folder, self.model = settings, RunFolder(folder), model
        self.batches, self.checks, self.console = batches, checks, console
        self.began = began
        self.optimizer = masked_lm.make_optimizer(model)
        self.record = record.read(folder)
        self.plan = record.plan_of(self.record)
        steps = settings.first_steps(self.record["corpus"]["training"])
        self.warmup = settings.warmup_steps(steps)
        self.step = 0  # done
        self.scored = 0  # the last step with held-out scores

    def rewind(self, checkpoint: Path | None) -> None:
        """Back to a checkpoint, or to the start if there is none."""
        if checkpoint is not None:
            self.step = checkpoints.step_of(checkpoint)
            state.read(checkpoint, self.model, self.optimizer)
        self.folder.forget_after(self.step)
        of = f" of {self.plan.steps:,}" if self.plan else ""
        self.console.print(f"Going on after step {self.step:,}{of}")

    def run(self) -> None:
        """To the last step. Raises `TrainingInterrupted` after a signal, with all saved."""
        stop, progress = StopOnSignal(), Progress(self.console, self.folder.append)
        self.speed = schedule.Speed(self.step)
        try:
            with handling(stop), progress:
                while self.plan is None or self.step < self.plan.steps:
                    loss, norm = self.one_step()
                    progress.add(self.step, loss, norm, self.rate(), self.plan)
                    self.decide_if_due()
                    if self.is_save_due() or stop.received is not None:
                        progress.flush()
                        if stop.received is None:
                            self.score()
                        state.write(self.folder, self.step, self.model, self.optimizer)
                    if stop.received is not None:
                        raise KeyboardInterrupt
        except KeyboardInterrupt as error:  # also from a second signal, which does not wait
            raise interrupted(self.folder.path, stop.received or signal.SIGINT) from error

    def rate(self) -> float:
        """The learning rate of the step that `self.step` counts."""
        return schedule.rate(self.step, self.settings.lr, self.warmup, self.plan)

    def one_step(self) -> tuple[float, float]:
        """The loss (nats) and the gradient's norm. Raises `DivergedError`."""
        self.step += 1
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate()
        torch.manual_seed(seed_for("dropout", self.settings.seed, self.step))
        batch = self.batches(self.step).to(self.record["device"])
        loss = masked_lm.loss_of(self.model, batch)
        self.optimizer.zero_grad()
        loss.backward()
        norm = float(clip_grad_norm_(self.model.parameters(), masked_lm.MAX_GRAD_NORM))
        if not (math.isfinite(loss.item()) and math.isfinite(norm)):
            raise DivergedError(
                f"step {self.step}: the loss is {loss.item()}, its gradient's norm {norm}. The "
                f"weights before this step are kept. Start again with a lower --lr than "
                f"{self.settings.lr:g}."
            )
        self.optimizer.step()
        self.speed.add(self.step)
        return loss.item(), norm

    def decide_if_due(self) -> None:
        """With a time limit: how many steps there will be, once the speed is known."""
        if self.plan is not None or self.settings.minutes is None:
            return
        elapsed, limit = time.monotonic() - self.began, 60 * self.settings.minutes
        if not schedule.is_time_to_decide(self.step, self.warmup, elapsed, limit):
            return
        seconds, began = self.speed.seconds(), time.monotonic()
        self.score()
        scoring = time.monotonic() - began
        self.plan = schedule.decide(
            self.step,
            self.warmup,
            elapsed=elapsed + scoring,
            limit=limit,
            seconds=seconds,
            scoring=(schedule.SAVES + 1) * scoring,
        )
        self.record |= {"plan": asdict(self.plan), "seconds_per_step": round(seconds, 4)}
        record.write(self.folder.path, self.record)
        self.console.print(
            f"{seconds:.3f} s a step: {self.plan.steps:,} steps fit in "
            f"{self.settings.minutes:g} minutes"
        )

    def is_save_due(self) -> bool:
        """Every `save_every` steps (by default ten times a run), and at the end."""
        if self.plan is None:
            return bool(self.settings.save_every and self.step % self.settings.save_every == 0)
        every = self.settings.save_every or max(10, -(-self.plan.steps // schedule.SAVES))
        return self.step % every == 0 or self.step == self.plan.steps

    def score(self) -> None:
        """Measure, show and record the held-out scores, once a step."""
        if self.scored == self.step:
            return
        self.scored = self.step
        scores = masked_lm.held_out(self.model, self.checks, self.record["device"])
        self.folder.append({"event": "held out", "step": self.step, **asdict(scores)})
        self.console.print(
            f"step {self.step:,}: held-out loss {scores.loss:.3f}, accuracy {scores.accuracy:.1%}"
        )


def interrupted(folder: Path, number: int) -> TrainingInterrupted:
    """What to type to go on."""
    name, path = signal.Signals(number).name, shlex.quote(str(folder))
    return TrainingInterrupted(
        f"Stopped by {name}. Go on with: train pretrain --resume {path}", number
    )
