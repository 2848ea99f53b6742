"""The lines of a file, one at a time: plain or gzip, never the whole file in memory."""

import gzip
import stat
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

from train.errors import CorpusError

LONGEST = 2**24  # bytes of a line that are held at once; what is longer is no sentence
HEAD = 2**16  # bytes: a NUL in here says that a file is no text, a later one damages its line
BOM = b"\xef\xbb\xbf"
ADVICE = "Give a UTF-8 text file with one sentence a line, .jsonl, .csv or .tsv (or .gz of these)."


def lines(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """Number (from 1) and bytes of each line, without its end; None for one over `LONGEST`.

    A line ends at \\n or \\r\\n, and nowhere else: not at U+2028 or a lone \\r. A byte order mark
    is dropped. Raises `CorpusError` for what is no file of text: a folder, a pipe, a NUL in the
    first `HEAD` bytes, damaged compression.
    """
    check(path)
    number = start = 0
    try:
        with opened(path) as file:
            while line := file.readline(LONGEST):
                number += 1
                if start < HEAD and b"\0" in line[: HEAD - start]:
                    raise binary(path, number)
                start += len(line)
                if len(line) == LONGEST and not line.endswith(b"\n"):
                    skip(file)
                    yield number, None
                    continue
                if line.startswith(BOM):
                    line = line[3:]
                yield number, line.rstrip(b"\r\n")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CorpusError(
            f"--corpus {str(path)!r} is damaged after line {number:,}: {error}. "
            "Fetch or compress it again."
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def check(path: Path) -> None:
    """Raises `CorpusError` unless there is a regular file, which can be read again on resume."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise unreadable(path, error) from error
    if stat.S_ISDIR(mode):
        raise CorpusError(
            f"--corpus {str(path)!r} is a directory. Give a file in it, or "
            f"datasets:{path} for a folder that `datasets` loads."
        )
    if not stat.S_ISREG(mode):
        raise CorpusError(
            f"--corpus {str(path)!r} is a pipe or a device, which cannot be read a second time "
            "when the run is resumed. Save it to a file first; .gz files are read as they are."
        )


def opened(path: Path) -> BinaryIO:
    """The file's bytes, decompressed if its name ends in .gz."""
    if path.suffix.lower() == ".gz":
        return cast(BinaryIO, BufferedReader(gzip.open(path, "rb"), 2**16))
    return path.open("rb")


def skip(file: BinaryIO) -> None:
    """Read on to the end of the line, a piece at a time."""
    while (rest := file.readline(LONGEST)) and not rest.endswith(b"\n"):
        pass


def binary(path: Path, number: int) -> CorpusError:
    """The error of a file that is no text."""
    return CorpusError(
        f"--corpus {str(path)!r} holds NUL bytes (line {number:,}): it is a binary file or not "
        f"in UTF-8. {ADVICE}"
    )


def unreadable(path: Path, error: OSError | ValueError) -> CorpusError:
    """The error of a file that the system does not give."""
    reason = getattr(error, "strerror", None) or str(error)
    return CorpusError(f"--corpus {str(path)!r} cannot be read: {reason}. {ADVICE}")
