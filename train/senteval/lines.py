"""The lines of a data file, read strictly."""

from pathlib import Path

from train.errors import EvaluationError

AGAIN = "Unpack SentEval's data again."
SHOWN = 80  # characters of a line that an error quotes


def read_lines(path: Path, encoding: str = "utf-8") -> list[str]:
    """The lines without their ends. Only a line feed ends a line: text may hold U+2028 or U+0085.

    A byte-order mark and carriage returns are dropped. Raises `EvaluationError` for a file that
    cannot be read.
    """
    try:
        text = path.read_bytes().decode(encoding)
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path} cannot be read: {error}. {AGAIN}") from error
    lines = [line.rstrip("\r") for line in text.removeprefix("\ufeff").split("\n")]
    if lines[-1] == "":  # after the last line feed
        lines.pop()
    return lines


def clean(text: str) -> str:
    """White space as SentEval leaves it, which splits at it and joins by single blanks."""
    return " ".join(text.split())


def malformed(path: Path, number: int, line: str, wanted: str) -> EvaluationError:
    """The error of a line (counted from 1) that is not what the format asks for."""
    shown = line[:SHOWN] + ("…" if len(line) > SHOWN else "")
    return EvaluationError(f"{path}:{number}: {shown!r} is not {wanted}. {AGAIN}")
