"""One process a run folder: two would delete each other's checkpoints and record steps twice."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from train.errors import RunBusyError, RunFolderError
from train.storage import is_full

LOCK = ".lock"  # in the run folder, while a process trains


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder inside the block.

    Raises `RunBusyError` if another process does, `RunFolderError` if it cannot be written to.

    The system lets go of the lock when the process ends, however it ends: a file that a kill
    left behind locks nothing.
    """
    path = folder / LOCK
    try:
        file = path.open("a", encoding="utf-8")
    except OSError as error:
        if is_full(error):  # the run says how to go on
            raise
        raise RunFolderError(f"{folder} cannot be written to: {error.strerror}.") from error
    with file:
        take(file, path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def take(file: TextIO, path: Path) -> None:
    """Lock the open file, which has to be the one at `path` still."""
    busy = RunBusyError(
        f"the run in {str(path.parent)!r} is being trained by another process. "
        "Wait until that ends, or start a new run in another folder."
    )
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        same = os.path.samestat(os.fstat(file.fileno()), path.stat())
    except (BlockingIOError, FileNotFoundError) as error:
        raise busy from error
    except OSError as error:
        raise RunFolderError(
            f"{path} cannot be locked: {error.strerror}. "
            "Put the run on a file system that has locks."
        ) from error
    if not same:  # whoever held it has ended meanwhile, and a third process has begun
        raise busy
