"""Rows that are mappings of column to value: JSON lines, and the rows of a `datasets` set."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from train.corpora.columns import Columns, absent, detect, unknown
from train.corpora.items import Items, Reason
from train.corpora.lines import lines

Row = Mapping[str, Any]


def read_json_lines(path: Path, columns: Columns) -> Items:
    """A row from each line, a JSON object each."""
    return chosen(str(path), objects(path), columns)


def objects(path: Path) -> Iterator[tuple[int, Row | Reason]]:
    """The object of each line. An empty line is counted, and so is one that holds no object."""
    for number, line in lines(path):
        if line is None:
            yield number, Reason.OVERLONG
        elif not line.strip():
            yield number, Reason.EMPTY
        else:
            yield number, as_object(line)


def as_object(line: bytes) -> Row | Reason:
    """The JSON object in a line, or why there is none."""
    try:
        value = json.loads(line.decode())
    except UnicodeDecodeError:  # a ValueError too, hence first
        return Reason.UNDECODABLE
    except (ValueError, RecursionError):
        return Reason.MALFORMED
    return value if isinstance(value, dict) else Reason.MALFORMED


def chosen(spec: str, rows: Iterable[tuple[int, Row | Reason]], columns: Columns) -> Items:
    """The cells of the columns that are named, or of those that the first usable row has.

    Raises `CorpusError` at the end if no row had them.
    """
    names = columns.named()
    first: Row | None = None
    found = False
    for number, row in rows:
        if isinstance(row, Reason):
            yield number, row
            continue
        first = row if first is None else first
        names = names or detect(row)
        if not names or any(name not in row for name in names):
            yield number, Reason.MISSING
            continue
        found = True
        cells = tuple(row[name] for name in names)
        yield number, cells if all(isinstance(x, str) for x in cells) else Reason.MALFORMED
    if first is not None and not found:
        missing = next((name for name in names if name not in first), None)
        raise unknown(spec, first) if missing is None else absent(spec, missing, first)
