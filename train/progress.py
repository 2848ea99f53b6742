"""What a run shows and records while it trains: loss, speed, remaining time."""

import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from train.folder import Record


class Report(TrainerCallback):
    """Appends a record whenever the trainer logs, and shows it: a bar in a terminal, else lines.

    Rows are counted by batches: a step may accumulate several, and the last of an epoch fewer.
    """

    def __init__(self, console: Console, append: Callable[[Record], None], batch_size: int):
        self.console = console
        self.append = append
        self.batch_size, self.rows = batch_size, 0
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
        self.rows = 0
        self.task = self.bar.add_task(
            "", total=state.max_steps, completed=state.global_step, status="starting"
        )
        self.bar.start()

    def on_substep_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.rows += self.batch_size

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.rows += self.batch_size
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
                "rows_per_second": round(self.rows_a_second(), 1),
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
        return (state.global_step - self.first_step) / self.elapsed()

    def rows_a_second(self) -> float:
        """Of all batches since training began."""
        return self.rows / self.elapsed()

    def elapsed(self) -> float:
        """Seconds since training began, or went on."""
        return max(time.monotonic() - self.started, 1e-9)

    def status(self, state: TrainerState) -> str:
        """ "loss 0.1234  150 rows/s  1:05 left"."""
        speed = self.speed(state)
        if not speed:
            return "starting"
        left = round((state.max_steps - state.global_step) / speed)
        return (
            f"loss {self.loss:.4g}  {self.rows_a_second():.0f} rows/s  "
            f"{left // 60}:{left % 60:02d} left"
        )


class EvaluateEvery(TrainerCallback):
    """Runs `evaluate` every `steps` steps, before the checkpoint of that step.

    last: after the last step too, whatever its number.
    """

    def __init__(self, steps: int, evaluate: Callable[[int], object], last: bool = False):
        self.steps, self.evaluate, self.last = steps, evaluate, last

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        is_last = self.last and state.global_step >= state.max_steps
        if is_last or state.global_step % self.steps == 0:
            self.evaluate(state.global_step)
