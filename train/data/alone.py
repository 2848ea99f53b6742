"""A file that one process at a time writes to."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from train.errors import DataError


@contextmanager
def alone(path: Path, what: str) -> Iterator[BinaryIO]:
    """The file, made if need be and open at its end, for this process alone.

    what: the beginning of the message to a second process ("x.tar is being fetched"). The system
    lets go of the file when the process ends, however it ends. Raises `DataError` when another
    process holds it and for a symbolic link, else OSError.
    """
    busy = DataError(f"{what} by another process. Wait until that ends.")
    with unfollowed(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            same = os.path.samestat(os.fstat(file.fileno()), path.lstat())
        except (BlockingIOError, FileNotFoundError) as error:
            raise busy from error
        if not same:  # its holder has removed it, and a third process has begun
            raise busy
        yield file


def unfollowed(path: Path) -> BinaryIO:
    """The file, open for appending; a hidden name can be guessed, and a link planted there."""
    try:
        return open(path, "ab", opener=lambda p, flags: os.open(p, flags | os.O_NOFOLLOW, 0o666))
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise DataError(
            f"{path} is a symbolic link, and nothing is written through one. Remove it, and give "
            "the same command again."
        ) from error
