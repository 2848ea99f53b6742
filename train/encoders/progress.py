"""What a pretraining run shows and records: loss, speed, remaining time."""

import time
from collections.abc import Callable
from types import TracebackType

from rich import progress as bars
from rich.console import Console

from train.encoders.schedule import Plan
from train.folder import Record

PATIENCE = 10.0  # seconds between two lines, where there is no terminal for a bar
EVERY = 20  # steps between two records


class Progress:
    """A bar in a terminal, else a line now and then; and metrics.jsonl."""

    def __init__(self, console: Console, append: Callable[[Record], None]):
        self._console, self._append = console, append
        self._losses: list[float] = []
        self._latest: Record = {}
        self._status = "starting"
        self._began = self._shown = time.monotonic()
        self._done = 0  # steps of this process
        self._bar = bars.Progress(
            bars.TextColumn("pretraining"),
            bars.BarColumn(bar_width=24),
            bars.MofNCompleteColumn(),
            bars.TextColumn("{task.fields[status]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None, status="starting")

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was, however training ended."""
        self._bar.stop()

    def add(self, step: int, loss: float, norm: float, lr: float, plan: Plan | None) -> None:
        """A step is done. loss: nats; norm: of the gradient, before it is cut."""
        self._done += 1
        self._losses.append(loss)
        self._latest = {"event": "step", "step": step, "lr": lr, "gradient_norm": norm}
        if step % EVERY == 0:
            self.flush()
        self._status = self._line(step, plan)
        self._bar.update(
            self._task, completed=step, total=plan.steps if plan else None, status=self._status
        )
        if not self._console.is_terminal and time.monotonic() - self._shown > PATIENCE:
            self._shown = time.monotonic()
            of = f"/{plan.steps:,}" if plan else ""
            self._console.print(f"step {step:,}{of}  {self._status}", soft_wrap=True)

    def flush(self) -> None:
        """Record the mean loss since the last record, if there was a step."""
        if not self._losses:
            return
        mean = sum(self._losses) / len(self._losses)
        self._mean = mean
        elapsed = round(time.monotonic() - self._began, 2)
        self._append({**self._latest, "loss": mean, "seconds": elapsed})
        self._losses.clear()

    def _line(self, step: int, plan: Plan | None) -> str:
        """ "loss 5.123  2.1 steps/s  12:05 left"."""
        loss = sum(self._losses) / len(self._losses) if self._losses else self._mean
        speed = self._done / max(1e-9, time.monotonic() - self._began)
        if plan is None:
            return f"loss {loss:.3f}  {speed:.2f} steps/s  measuring the speed"
        left = round((plan.steps - step) / speed)
        return f"loss {loss:.3f}  {speed:.2f} steps/s  {left // 60}:{left % 60:02d} left"
