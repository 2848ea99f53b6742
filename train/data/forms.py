"""The rows of one file of the tree: which are well-formed, and what a reader should know."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from train.data.official import Form

TREC_CLASSES = {"ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM"}
# `cat -v` writes a byte above 127 as M- and a character, or M-^ and one.
MANGLED = re.compile(r"M-(\^[@-_?]|[ -~])")
BOM = b"\xef\xbb\xbf"


@dataclass
class Counted:
    """What was found in a file. rows: the well-formed ones, which a task would read.

    marks: the lines (from 1) on which something was found, by what it is.
    """

    rows: int = 0
    marks: dict[str, list[int]] = field(default_factory=dict)

    def mark(self, what: str, number: int) -> None:
        self.marks.setdefault(what, []).append(number)

    def notes(self) -> list[str]:
        """ "3 malformed (first: line 17)"."""
        return [f"{len(at):,} {what} (first: line {at[0]:,})" for what, at in self.marks.items()]


def graded(cell: str, low: float, high: float) -> bool:
    """Whether a cell is a number from `low` to `high`."""
    try:
        value = float(cell)
    except ValueError:
        return False
    return isfinite(value) and low <= value <= high


def is_sst(line: str) -> bool:
    cells = line.split("\t")
    return len(cells) == 2 and bool(cells[0].strip()) and cells[1] in ("0", "1")


def is_trec(line: str) -> bool:
    label, _, question = line.partition(" ")
    return label.partition(":")[0] in TREC_CLASSES and ":" in label and bool(question.strip())


def is_mrpc(line: str) -> bool:
    cells = line.split("\t")
    return len(cells) == 5 and cells[0] in ("0", "1") and all(cell.strip() for cell in cells)


def is_sick(line: str) -> bool:
    cells = line.split("\t")
    return len(cells) == 5 and all(x.strip() for x in cells[1:3]) and graded(cells[3], 1, 5)


def is_stsb(line: str) -> bool:
    cells = line.split("\t")
    return len(cells) >= 7 and graded(cells[4], 0, 5) and all(x.strip() for x in cells[5:7])


def is_pair(line: str) -> bool:
    cells = line.split("\t")
    return len(cells) == 2 and all(cell.strip() for cell in cells)


ROWS: dict[Form, tuple[Callable[[str], bool], int]] = {  # the test, and how many lines of header
    "sst": (is_sst, 0),
    "trec": (is_trec, 0),
    "mrpc": (is_mrpc, 1),
    "sick": (is_sick, 1),
    "stsb": (is_stsb, 0),
}


def count(path: Path, form: Form) -> Counted:
    """Count a file; of form "sts", beside it the file of gold scores. Raises OSError."""
    counted = Counted()
    if form == "lines":
        plain(path, counted)
    elif form == "sts":
        scored(path, counted)
    else:
        wellformed, header = ROWS[form]
        for number, line in numbered(path, counted):
            if number <= header or not line.strip():
                continue
            if wellformed(line):
                counted.rows += 1
            else:
                counted.mark("malformed", number)
    return counted


def numbered(path: Path, counted: Counted) -> Iterator[tuple[int, str]]:
    """Each line with its number; one that is not UTF-8 is marked, and read as Latin-1."""
    for number, raw in enumerate(split(path), start=1):
        try:
            yield number, raw.decode()
        except UnicodeDecodeError:
            counted.mark("not UTF-8", number)
            yield number, raw.decode("latin-1")


def split(path: Path) -> list[bytes]:
    """The file's lines, without their ends."""
    lines = path.read_bytes().removeprefix(BOM).split(b"\n")
    return [line.rstrip(b"\r") for line in (lines if lines[-1] else lines[:-1])]


def plain(path: Path, counted: Counted) -> None:
    """Every line is a row, an empty one too: SentEval reads it so."""
    for number, line in numbered(path, counted):
        counted.rows += 1
        if not line.strip():
            counted.mark("empty", number)
        if MANGLED.search(line):
            counted.mark("mangled by cat -v", number)


def scored(path: Path, counted: Counted) -> None:
    """A row is a pair with a gold score; line k of the one file belongs to line k of the other."""
    gold = split(path.with_name(path.name.replace("STS.input.", "STS.gs.", 1)))
    number = 0
    for number, line in numbered(path, counted):
        score = gold[number - 1].decode("latin-1").strip() if number <= len(gold) else "absent"
        if not score:
            counted.mark("without gold", number)
        elif is_pair(line) and graded(score, 0, 5):
            counted.rows += 1
        else:
            counted.mark("malformed", number)
    for surplus in range(number + 1, len(gold) + 1):  # so that the count is not official
        counted.rows += 1
        counted.mark("scores without a pair", surplus)
