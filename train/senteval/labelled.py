"""Sentences with a class each, and the formats of SentEval's transfer tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from train.errors import EvaluationError
from train.senteval.lines import AGAIN, clean, malformed, read_lines


@dataclass(frozen=True)
class Labelled:
    """Sentences, or pairs of them, and their classes, in the order that decides the folds.

    That order is SentEval's: by number of tokens (of the second sentence too), then by class.
    """

    left: list[str]
    right: list[str] | None  # None: single sentences
    labels: list[int]

    def __post_init__(self) -> None:
        assert len(self.left) == len(self.labels) > 0
        assert self.right is None or len(self.right) == len(self.left)

    @property
    def sentences(self) -> list[str]:
        return self.left + (self.right or [])


def singles(rows: list[tuple[str, int]], path: Path) -> Labelled:
    """Single sentences, put in order."""
    refuse_empty(rows, path)
    rows = sorted(rows, key=lambda row: (len(row[0].split()), row[1]))
    return Labelled([text for text, _ in rows], None, [label for _, label in rows])


def refuse_empty(rows: Sequence[object], path: Path) -> None:
    """Raises `EvaluationError` for a file without rows."""
    if not rows:
        raise EvaluationError(f"{path} holds no row. {AGAIN}")


def polar(first: Path, second: Path) -> Labelled:
    """A file a class, a sentence a line; the first file is class 1.

    An empty line is an empty sentence: SentEval's counts of CR and MPQA contain some.
    """
    rows: list[tuple[str, int]] = []
    for path, label in ((first, 1), (second, 0)):
        lines = read_lines(path, "latin-1")
        refuse_empty(lines, path)
        rows += [(clean(line), label) for line in lines]
    return singles(rows, first)


def sentiment(path: Path) -> Labelled:
    """SST2: a sentence, a tab, 0 or 1."""
    rows = []
    for number, line in enumerate(read_lines(path), start=1):
        cells = line.split("\t")
        if len(cells) != 2 or cells[1].strip() not in ("0", "1"):
            raise malformed(path, number, line, "a sentence, a tab and the class 0 or 1")
        rows.append((clean(cells[0]), int(cells[1])))
    return singles(rows, path)


QUESTIONS = ("ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM")


def questions(path: Path) -> Labelled:
    """TREC: CLASS:subclass, a blank, the question. The six coarse classes count."""
    rows = []
    for number, line in enumerate(read_lines(path, "latin-1"), start=1):
        label, colon, rest = line.partition(":")
        _, blank, text = rest.partition(" ")
        if label not in QUESTIONS or not colon or not blank:
            raise malformed(
                path, number, line, f"CLASS:subclass question, CLASS of {', '.join(QUESTIONS)}"
            )
        rows.append((clean(text), QUESTIONS.index(label)))
    return singles(rows, path)


def paraphrases(path: Path) -> Labelled:
    """MRPC: class, two ids, two sentences, separated by tabs, below a header."""
    rows = []
    for number, line in enumerate(read_lines(path)[1:], start=2):
        cells = line.split("\t")
        if len(cells) != 5 or cells[0].strip() not in ("0", "1"):
            raise malformed(path, number, line, "0 or 1, two ids and two sentences, with tabs")
        rows.append((clean(cells[3]), clean(cells[4]), int(cells[0])))
    refuse_empty(rows, path)
    rows.sort(key=lambda row: (len(row[0].split()), len(row[1].split()), row[2]))
    left, right, labels = (list(column) for column in zip(*rows, strict=True))
    return Labelled(left, right, labels)
