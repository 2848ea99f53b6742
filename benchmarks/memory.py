"""Peak memory of one training step, above its inputs and gradients, in a process of its own.

The kernel keeps the highest resident size of a process (VmHWM) and lets it be reset (Linux). The
process is forked from one that has imported everything and computed nothing.
"""

import multiprocessing
import os
import re
import time
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from benchmarks import candidates
from benchmarks.agreement import said
from benchmarks.timing import seconds, training_step

SHARE = 0.85  # of the memory that is free: a step that needs more is stopped
TOO_LONG = 600.0  # seconds
_SMALL = 64  # a batch that loads what is loaded at the first step
# glibc would raise its threshold and keep freed tensors, which then look resident before a step.
_ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}


def peak(case: str, candidate: str, n: int, d: int) -> dict[str, object]:
    """{"bytes": …, "seconds": …}, or {"failed": reason}, of one step at (N, D)."""
    # Read by the processes that start from here.
    os.environ.update(_ALLOCATOR, OMP_NUM_THREADS=str(torch.get_num_threads()))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.imported"])
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(sender, case, candidate, n, d), daemon=False)
    process.start()
    sender.close()
    stopped = _watch(process.pid, receiver)
    if stopped:
        process.kill()
    answer = {"failed": stopped} if stopped else _answer(receiver)
    process.join()
    return answer


def _watch(pid: int | None, receiver: Connection) -> str | None:
    """Waits for an answer (or the end); why it was not waited for longer."""
    assert pid is not None
    start = time.perf_counter()
    limit = SHARE * (_kilobytes(Path("/proc/meminfo"), "MemAvailable") or 0)
    while not receiver.poll(0.02):
        if (_status("VmRSS", pid) or 0) > limit:
            return f"more than {limit / 2**30:.0f} GiB"
        if time.perf_counter() - start > TOO_LONG:
            return f"more than {TOO_LONG:.0f} s"
    return None


def _answer(receiver: Connection) -> dict[str, object]:
    try:
        return receiver.recv()
    except EOFError:
        return {"failed": "the process ended without an answer"}


def _child(sender: Connection, case: str, candidate: str, n: int, d: int) -> None:
    try:
        sender.send(_measure(case, candidate, n, d))
    except Exception as error:
        sender.send({"failed": said(error)})


def _measure(case: str, candidate: str, n: int, d: int) -> dict[str, object]:
    # torch.compile compiles for one size, at the first step.
    warm = n if candidate == candidates.COMPILED else _SMALL
    loss = candidates.build(case, candidate, warm, d)
    training_step(loss, *candidates.batch(case, warm, d))()
    h, h_prime = candidates.batch(case, n, d)
    if warm != n:
        loss = candidates.build(case, candidate, n, d)
    step = training_step(loss, h, h_prime)
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM := VmRSS
    before = _status("VmRSS") or 0
    took = seconds(step)
    above = (_status("VmHWM") or 0) - before - 2 * h.nbytes  # its two gradients
    return {"bytes": max(above, 0), "seconds": took}


def _status(name: str, pid: int | None = None) -> int | None:
    """A size of a process; its own, or of another that may have ended."""
    return _kilobytes(Path(f"/proc/{pid or 'self'}/status"), name)


def _kilobytes(file: Path, name: str) -> int | None:
    """In bytes, from a line "name:   … kB"."""
    try:
        found = re.search(rf"^{name}:\s+(\d+) kB", file.read_text(), re.MULTILINE)
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(found[1]) * 1024 if found else None
