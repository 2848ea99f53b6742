"""Real processes: each task runs on every rank of a gloo group, and what it returns comes back.

    run([partial(task, …), …], world) -> for each task, what rank 0, 1, … returned

A task is a picklable function of no arguments. A `ContragradError` that it raises is returned; any
other exception ends all ranks. Nothing waits longer than `timeout`, and no process is left behind.
The ranks meet in a file, so that no port has to be free.
"""

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from derive.errors import ContragradError

Task = Callable[[], Any]
_GRACE = 1.0  # seconds: a rank that fails pulls the others down, and the first is the reason
_LOG = 3000  # characters of a rank's standard error that are kept


class ProcessError(ContragradError):
    """A rank that failed or did not end in time. Its standard error is a note of the exception.

    log: that standard error, its end.
    """

    def __init__(self, message: str, log: str):
        super().__init__(message)
        self.log = log
        self.add_note(log)


def run(
    tasks: Sequence[Task], world: int, timeout: float = 300, *, warnings: str = "default"
) -> list[list[Any]]:
    """timeout: seconds, for all tasks together. warnings: as `python -W` takes it.

    Raises `ProcessError`, which names the first rank that failed, or those that hang.
    """
    with TemporaryDirectory(prefix="contragrad-ranks-") as folder:
        job = Path(folder)
        (job / "tasks").write_bytes(pickle.dumps(list(tasks)))
        started: list[subprocess.Popen[bytes]] = []
        try:
            for rank in range(world):
                started.append(_start(job, rank, world, warnings))
            _wait(started, job, time.monotonic() + timeout, timeout)
        finally:
            for process in started:
                process.kill()
                process.wait()
        found = [pickle.loads((job / f"results{rank}").read_bytes()) for rank in range(world)]
    return [list(results) for results in zip(*found, strict=True)]


def _start(job: Path, rank: int, world: int, warnings: str) -> subprocess.Popen[bytes]:
    # -P: the working directory may hold files named like modules. What can be imported here can
    # be imported there, since a task is pickled by the name of its function.
    worker = ["-P", "-W", warnings, "-m", "verify.distributed.worker"]
    command = [sys.executable, *worker, str(job), str(rank), str(world)]
    numbers = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world, "LOCAL_WORLD_SIZE": world}
    environment = {
        **os.environ,
        **{name: str(value) for name, value in numbers.items()},
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(x or os.getcwd() for x in sys.path),
    }
    with (job / f"errors{rank}").open("wb") as errors, (job / f"output{rank}").open("wb") as output:
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )


def _wait(ranks: list[subprocess.Popen[bytes]], job: Path, deadline: float, timeout: float) -> None:
    """Until all have ended; a rank that fails ends the wait for the others."""
    while any(process.poll() is None for process in ranks):
        if any(process.poll() for process in ranks):
            deadline = min(deadline, time.monotonic() + _GRACE)
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)
    codes = [process.poll() for process in ranks]
    if any(codes):
        raise _failure(job, codes)
    if None in codes:
        late = [rank for rank, code in enumerate(codes) if code is None]
        named = f"rank{'s' * (len(late) > 1)} {', '.join(map(str, late))} of {len(ranks)}"
        raise ProcessError(
            f"{named} still ran after {timeout:g} s (time limit): does every rank make the same "
            "exchanges, in the same order?",
            _log(job, late[0]),
        )


def _failure(job: Path, codes: list[int | None]) -> ProcessError:
    """That of the first rank: the others fail because it is gone."""
    failed = [rank for rank, code in enumerate(codes) if code]
    told = [(job / f"failed{rank}", rank) for rank in failed]
    stamps = [(x.stat().st_mtime_ns, rank) for x, rank in told if x.exists()]
    if not stamps:
        rank = failed[0]
        message = f"rank {rank} of {len(codes)} ended with {codes[rank]}, and told no exception."
        return ProcessError(message, _log(job, rank))
    rank = min(stamps)[1]
    told_by = (job / f"failed{rank}").read_text(encoding="utf-8")
    return ProcessError(f"rank {rank} of {len(codes)}: {told_by}", _log(job, rank))


def _log(job: Path, rank: int) -> str:
    return (job / f"errors{rank}").read_text(encoding="utf-8", errors="replace")[-_LOG:]
