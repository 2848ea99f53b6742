"""The processes of one run: torchrun starts several, and the first one writes.

    torchrun --nproc-per-node 2 -m train.cli run --loss infonce ...

Every process reads the same text and makes the same encoder. What is done once (the run folder,
the verification, the scores) is done by the first process; its result, or its error, is every
process's.
"""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import distributed

from derive.errors import ContragradError
from train.errors import ProcessLostError

Result = TypeVar("Result")
TOLD = "contragrad/told"  # in the group's store: how many processes had an error to show
BACKENDS = ("gloo", "NCCL", "Connection closed by peer", "Connection reset by peer")
PATIENCE = timedelta(hours=6)  # the others wait while the first one verifies and scores


def world() -> int:
    """How many processes there are, as torchrun says it; 1 without torchrun."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """Whether this process writes."""
    return int(os.environ.get("RANK", "0")) == 0


def join(device: str) -> None:
    """Join the other processes, if there are any; once a process."""
    if world() == 1 or distributed.is_initialized():
        return
    if device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    backend = "cuda:nccl,cpu:gloo" if device == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=PATIENCE)


def leave() -> None:
    """Leave the group, if this process is in one.

    What DistributedDataParallel made goes first. If it held the group last, Python would wait for
    gloo's threads while one of them may wait for Python: a process that hangs.
    """
    if distributed.is_initialized():
        gc.collect()
        distributed.destroy_process_group()


@contextmanager
def one_message() -> Iterator[None]:
    """An error ends every process, and one of them says so: the first that had it.

    The others end too, by that error, or because they hear nothing more from it. Raises
    `ProcessLostError` where a process was lost that could say nothing.
    """
    try:
        yield
    except ContragradError as error:
        if was_told():
            raise SystemExit(error.exit_code) from error
        raise
    except RuntimeError as error:
        if world() == 1 or not is_of_the_group(error):
            raise
        if was_told():
            raise SystemExit(1) from error
        raise ProcessLostError(
            "another process of this run has ended without a message: it was killed, or the "
            "machine ran out of memory. Go on from the last checkpoint with --resume."
        ) from error


def was_told() -> bool:
    """Whether another process has shown an error already; if not, this one is to show its own."""
    if world() == 1:
        return False
    try:
        join("cpu")  # an error may come before the processes have met
        return bool(distributed.distributed_c10d._get_default_store().add(TOLD, 1) > 1)
    except RuntimeError:  # where the store was in the process that is gone
        return False


def is_of_the_group(error: BaseException) -> bool:
    """Whether an error is about messages between the processes, not about this one."""
    return isinstance(error, distributed.DistError) or any(x in str(error) for x in BACKENDS)


def once(compute: Callable[[], Result]) -> Result:
    """What the first process computes, in every process; so is a `ContragradError` of it."""
    if world() == 1:
        return compute()
    box: list[Any] = [None]
    if is_first():
        try:
            box = [compute()]
        except ContragradError as error:
            box = [error]
    distributed.broadcast_object_list(box, src=0)
    if isinstance(box[0], ContragradError):
        raise box[0]
    result: Result = box[0]
    return result


def greatest(number: int) -> int:
    """The greatest of the processes' numbers: a signal that one received stops all."""
    if world() == 1:
        return number
    value = torch.tensor(number, device=own_device())
    distributed.all_reduce(value, op=distributed.ReduceOp.MAX)
    return int(value)


def first_told(message: str) -> str:
    """The message of the first process that has one, in every process; empty if none has."""
    if world() == 1:
        return message
    messages: list[Any] = [None] * world()
    distributed.all_gather_object(messages, message)
    return next((x for x in messages if x), "")


def meet() -> None:
    """Wait until every process is here."""
    greatest(0)


def own_device() -> torch.device:
    """Where the tensors of the group's messages live."""
    return torch.device("cpu")  # both groups of `join` carry gloo for it
