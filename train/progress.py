"""What a run shows and records while it trains: loss, speed, remaining time."""

import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from train.folder import Record


class Report(TrainerCallback):
    """Appends a record whenever the trainer logs, and shows it: a bar in a terminal, else lines."""

    def __init__(self, console: Console, append: Callable[[Record], None], batch_size: int):
        self.console = console
        self.append = append
        self.batch_size = batch_size
        self.loss = float("nan")
        self.bar = Progress(
            TextColumn("training"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[status]}"),
            console=console,
            disable=not console.is_terminal,
        )

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.first_step, self.started = state.global_step, time.monotonic()
        self.task = self.bar.add_task(
            "", total=state.max_steps, completed=state.global_step, status="starting"
        )
        self.bar.start()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.bar.update(self.task, completed=state.global_step, status=self.status(state))

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        if not logs or "loss" not in logs:  # the trainer's summary at the end
            return
        self.loss = logs["loss"]
        self.append(
            {
                "event": "step",
                "step": state.global_step,
                "loss": logs["loss"],
                "lr": logs["learning_rate"],
                "gradient_norm": logs.get("grad_norm"),
                "rows_per_second": round(self.speed(state) * self.batch_size, 1),
                "seconds": round(time.monotonic() - self.started, 2),
            }
        )
        self.bar.update(self.task, completed=state.global_step, status=self.status(state))
        shown = state.global_step % max(1, min(10, state.max_steps // 10)) == 0
        if shown and not self.console.is_terminal:
            self.console.print(
                f"step {state.global_step}/{state.max_steps}  {self.status(state)}", soft_wrap=True
            )

    def close(self) -> None:
        """Leave the terminal as it was, however training ended."""
        self.bar.stop()

    def speed(self, state: TrainerState) -> float:
        """Steps a second since training began."""
        elapsed = time.monotonic() - self.started
        return (state.global_step - self.first_step) / max(elapsed, 1e-9)

    def status(self, state: TrainerState) -> str:
        """ "loss 0.1234  150 rows/s  1:05 left"."""
        speed = self.speed(state)
        if not speed:
            return "starting"
        left = round((state.max_steps - state.global_step) / speed)
        return (
            f"loss {self.loss:.4g}  {speed * self.batch_size:.0f} rows/s  "
            f"{left // 60}:{left % 60:02d} left"
        )


class EvaluateEvery(TrainerCallback):
    """Runs `evaluate` every `steps` steps, before the checkpoint of that step."""

    def __init__(self, steps: int, evaluate: Callable[[int], object]):
        self.steps = steps
        self.evaluate = evaluate

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if state.global_step % self.steps == 0:
            self.evaluate(state.global_step)
