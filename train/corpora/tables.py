"""Tables with a header: CSV (quoted cells) and TSV (a quotation mark is text, as in SentEval)."""

import csv
from collections.abc import Iterator
from pathlib import Path

from train.corpora.columns import Columns, absent, detect, unknown
from train.corpora.items import Cells, Items, Reason
from train.corpora.lines import lines
from train.errors import CorpusError

# A cell with an undecodable byte keeps it as a lone surrogate, which `reading` then finds: the
# row is lost, but not its neighbours, as a record may have several lines.
LENIENT = "surrogateescape"


def read_tsv(path: Path, columns: Columns) -> Items:
    """A row from each line after the header; cells are separated by tabs, without quoting."""
    return picked(path, ((n, split(line)) for n, line in lines(path)), columns)


def split(line: bytes | None) -> list[str] | Reason:
    """The cells of a line of a TSV file."""
    return Reason.OVERLONG if line is None else line.decode(errors=LENIENT).split("\t")


def read_csv(path: Path, columns: Columns) -> Items:
    """A row from each record after the header; a quoted cell may hold commas and line ends."""
    return picked(path, records(path), columns)


def records(path: Path) -> Iterator[tuple[int, list[str] | Reason]]:
    """The records of a CSV file, each with the number of its first line.

    After a record that is not well-formed the reader goes on with the next line. A quotation
    mark that is never closed takes what follows with it, up to csv's limit for a cell (131,072
    characters): each of those lines is counted as malformed. An over-long line ends the record
    it is in, which is lost with it.
    """
    overlong: set[int] = set()

    def text() -> Iterator[str]:
        for number, line in lines(path):
            if line is None:
                overlong.add(number)
                yield "x" * (csv.field_size_limit() + 1)  # the reader refuses it wherever it is
            else:
                yield line.decode(errors=LENIENT) + "\n"

    reader = csv.reader(text(), strict=True)
    while True:
        first = reader.line_num + 1
        try:
            yield first, next(reader)
        except StopIteration:
            return
        except csv.Error:
            for number in range(first, reader.line_num + 1):
                yield number, Reason.OVERLONG if number in overlong else Reason.MALFORMED


def picked(path: Path, rows: Iterator[tuple[int, list[str] | Reason]], columns: Columns) -> Items:
    """The cells of the wanted columns. Raises `CorpusError` if the header does not have them."""
    _, header = next(rows, (0, Reason.EMPTY))
    if isinstance(header, Reason):
        raise CorpusError(
            f"--corpus {str(path)!r} holds no sentence: its header is {header}. "
            "Give a table whose first line names the columns."
        )
    indices = wanted(path, [name.strip() for name in header], columns)
    for number, row in rows:
        yield number, row if isinstance(row, Reason) else cells(row, len(header), indices)


def cells(row: list[str], width: int, indices: tuple[int, ...]) -> Cells | Reason:
    """The wanted cells of a row, or why there are none."""
    if not any(cell.strip() for cell in row):
        return Reason.EMPTY
    if len(row) != width:
        return Reason.MISSING if len(row) <= max(indices) else Reason.MALFORMED
    return tuple(row[index] for index in indices)


def wanted(path: Path, header: list[str], columns: Columns) -> tuple[int, ...]:
    """Where the wanted columns are, counted from 0."""
    names = columns.named() or detect(header)
    if not names:
        raise unknown(str(path), header)
    for name in names:
        if name not in header:
            raise absent(str(path), name, header)
    return tuple(header.index(name) for name in names)
