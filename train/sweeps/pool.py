"""Several workers on one machine: a process each, one log each, stopped together."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from rich.console import Console

from derive.errors import ContragradError
from train.errors import NoResultError, StorageError, SweepError, TrainingInterrupted
from train.sweeps.failing import database_errors
from train.sweeps.runs import Runner
from train.sweeps.spec import Spec
from train.sweeps.status import status_of
from train.sweeps.storage import Storage, let_go
from train.sweeps.worker import Pace, Worker

STOPPED = 130


@dataclass(frozen=True)
class Job:
    """What every worker of a pool gets."""

    spec: Spec
    url: str
    out: Path
    runner: Runner
    pace: Pace


def run_pool(job: Job, workers: int, console: Console, every: float = 5.0) -> None:
    """Run a sweep with so many processes; prints a line whenever the counts change.

    A worker that dies leaves its trial to the others. Raises `SweepError` if all have died or
    ended in an error (`StorageError` if it was the disk or the database, `NoResultError` if every
    trial failed), KeyboardInterrupt after a signal, once every worker has saved its trial.
    """
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    job.out.mkdir(parents=True, exist_ok=True)
    storage = Storage(job.url)  # its tables are made before the workers come
    context = get_context("spawn")
    logs = [job.out / f"worker-{n}.log" for n in range(1, workers + 1)]
    started: list[BaseProcess] = [
        context.Process(target=child, args=(job, log, os.getpid()), name=log.stem) for log in logs
    ]
    for process in started:
        process.start()
    console.print(f"{workers} workers; their logs: {job.out}/worker-*.log", soft_wrap=True)
    try:
        watch(started, lambda: status_of(storage, job.spec).line(), console, every)
    except BaseException as stopped:  # whatever ends this process, the workers end with it
        let_go(stopped)
        stop(started)
        raise
    judge(started, logs, console)


def child(job: Job, log: Path, parent: int) -> None:
    """One worker process, in a group of its own: a terminal's Ctrl-C comes by way of the parent."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with log.open("a", encoding="utf-8", buffering=1) as file:
        console = Console(file=file, width=120, markup=False, highlight=False, emoji=False)
        try:
            with database_errors(job.url):
                Worker(job.spec, job.url, job.out, job.runner, console, job.pace).work(parent)
        except (KeyboardInterrupt, TrainingInterrupted):
            console.print("Stopped.")
            raise SystemExit(STOPPED) from None
        except ContragradError as error:
            console.print(str(error), soft_wrap=True)
            raise SystemExit(error.exit_code) from None
        except Exception:
            console.print_exception()
            raise SystemExit(1) from None


def watch(
    started: list[BaseProcess], line: Callable[[], str], console: Console, every: float
) -> None:
    """Wait for the workers, saying how far they are."""
    said = ""
    while any(x.is_alive() for x in started):
        deadline = time.monotonic() + every
        while time.monotonic() < deadline and any(x.is_alive() for x in started):
            time.sleep(0.1)
        if (now := line()) != said:
            console.print(now)
            said = now


def stop(started: list[BaseProcess]) -> None:
    """Tell every worker to save its trial and end, and wait until they have."""
    for process in started:
        if process.is_alive() and process.pid is not None:
            os.kill(process.pid, signal.SIGINT)
    for process in started:
        process.join()


def judge(started: list[BaseProcess], logs: list[Path], console: Console) -> None:
    """Raises the `kind_of` error if no worker came to the end of the sweep."""
    for process, log in zip(started, logs, strict=True):
        if process.exitcode != 0:
            console.print(f"{process.name} ended with {process.exitcode}: see {log}")
    if not any(x.exitcode == 0 for x in started):
        raise kind_of({x.exitcode for x in started})(
            f"no worker came to the end. The last of {logs[0]}: {last_line(logs[0])} What is "
            "finished is kept; the same command goes on."
        )


def kind_of(codes: set[int | None]) -> type[ContragradError]:
    """The error of a pool whose workers all ended with these codes."""
    if StorageError.exit_code in codes:
        return StorageError
    return NoResultError if codes == {NoResultError.exit_code} else SweepError


def last_line(log: Path) -> str:
    """The last line of a log that says something."""
    lines = [x for x in log.read_text(encoding="utf-8", errors="replace").split("\n") if x.strip()]
    return lines[-1].strip() if lines else "(empty)"
