"""Real processes: each task runs on every rank of a gloo group, and what it returns comes back.

    run([partial(task, …), …], world) -> for each task, what rank 0, 1, … returned

A task is a picklable function of no arguments. A `ContragradError` that it raises is returned; any
other one ends all ranks, and the test. Nothing waits longer than `timeout`.
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

Task = Callable[[], Any]
REPOSITORY = Path(__file__).parents[3]


def run(tasks: Sequence[Task], world: int, timeout: float = 300) -> list[list[Any]]:
    """Raises `AssertionError` with a rank's standard error if one fails or takes too long."""
    with TemporaryDirectory() as folder:
        job = Path(folder)
        (job / "tasks").write_bytes(pickle.dumps(list(tasks)))
        ranks = [_start(job, rank, world) for rank in range(world)]
        try:
            _wait(ranks, job, time.monotonic() + timeout)
        finally:
            for process in ranks:
                process.kill()
                process.wait()
        found = [pickle.loads((job / f"results{rank}").read_bytes()) for rank in range(world)]
    return [list(results) for results in zip(*found, strict=True)]


def _start(job: Path, rank: int, world: int) -> subprocess.Popen[bytes]:
    module = "tests.derive.distributed.worker"
    command = [sys.executable, "-W", "error", "-m", module, str(job), str(rank), str(world)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with (job / f"errors{rank}").open("wb") as errors:
        return subprocess.Popen(command, cwd=REPOSITORY, env=environment, stderr=errors)


def _wait(ranks: list[subprocess.Popen[bytes]], job: Path, deadline: float) -> None:
    """Until all have ended; a rank that fails ends the wait for the others."""
    waiting = dict(enumerate(ranks))
    while waiting:
        for rank, process in list(waiting.items()):
            code = process.poll()
            said = (job / f"errors{rank}").read_text()[-3000:]
            assert not code, f"rank {rank} of {len(ranks)} ended with {code}:\n{said}"
            assert time.monotonic() < deadline, f"rank {rank} of {len(ranks)} hangs:\n{said}"
            if code == 0:
                del waiting[rank]
        time.sleep(0.01)
