"""A disk that is full, or gone, while a run writes: one message, and nothing saved is lost."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from derive.errors import ContragradError
from train.errors import StorageError

# No space, quota, the process's limit, the device's error, a file system that became read-only.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)
# safetensors and PyTorch's zip writer report the system's error in their own exceptions.
SIGNS = (
    "No space left", "File too large", "quota", "Input/output error", "Read-only file system",
    "iostream error", "unexpected pos",  # PyTorch's, which does not say why
)  # fmt: skip


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turn the failure to write into `StorageError`, which says how to go on."""
    try:
        yield
    except Exception as error:
        if isinstance(error, ContragradError) or not is_full(error):
            raise
        raise StorageError(
            f"{str(folder)!r} cannot be written to: {reason(error)}. Nothing that was saved "
            f"before is lost. Make room, then {next_step(folder)}"
        ) from error


def next_step(folder: Path) -> str:
    """How to go on in a folder: without its configuration there is nothing to go on with."""
    if (folder / "config.json").is_file():
        return f"go on with: train run --resume {folder}"
    return "start the run again."


def is_full(error: BaseException) -> bool:
    """Whether an error, or what caused it, is the disk's."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in FULL
    if any(sign in str(error) for sign in SIGNS):
        return True
    # PyTorch's writer fails a second time when it closes the file; the first error is its context
    inner = error.__cause__ or error.__context__
    return inner is not None and is_full(inner)


def reason(error: BaseException) -> str:
    """The first line of the error."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).strip().split("\n")[0] or type(error).__name__
