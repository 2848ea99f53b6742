"""Graded sentence pairs and the two formats they come in."""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Protocol

from train.errors import EvaluationError
from train.senteval.lines import AGAIN, clean, malformed, read_lines


@dataclass(frozen=True)
class Pairs:
    """Sentence pairs with a gold score each; the lists are equally long and not empty."""

    name: str
    left: list[str]
    right: list[str]
    gold: list[float]  # 0 to 5 (STS), 1 to 5 (SICK)

    def __post_init__(self) -> None:
        assert len(self.left) == len(self.right) == len(self.gold) > 0


class PairSource(Protocol):
    """Where a set of pairs lies, below the root of a tree."""

    @property
    def files(self) -> tuple[str, ...]: ...

    def read(self, root: Path) -> Pairs: ...


@dataclass(frozen=True)
class Source:
    """A tab-separated file and its columns (counted from 0)."""

    name: str
    path: str
    score: int
    left: int
    right: int
    header: bool

    @property
    def files(self) -> tuple[str, ...]:
        return (self.path,)

    def read(self, root: Path) -> Pairs:
        """The file's pairs. Raises `EvaluationError` with the line that is not a pair."""
        path = root / self.path
        rows = [
            self.parse(line, path, number)
            for number, line in enumerate(read_lines(path), start=1)
            if line.strip() and not (self.header and number == 1)
        ]
        return pairs_of(self.name, rows, path)

    def parse(self, line: str, path: Path, number: int) -> tuple[str, str, float]:
        """One line's sentences and score; quotation marks are text, not syntax."""
        cells = line.split("\t")
        try:
            return clean(cells[self.left]), clean(cells[self.right]), score(cells[self.score])
        except (IndexError, ValueError) as error:
            wanted = (
                f"a scored sentence pair (score in column {self.score + 1}, sentences in "
                f"{self.left + 1} and {self.right + 1}, separated by tabs)"
            )
            raise malformed(path, number, line, wanted) from error


@dataclass(frozen=True)
class Beside:
    """A file of pairs and, line by line, a file of their scores; no score: the pair is left out.

    STS 2015 and 2016 publish more pairs than were scored.
    """

    name: str
    pairs: str
    gold: str

    @property
    def files(self) -> tuple[str, ...]:
        return (self.pairs, self.gold)

    def read(self, root: Path) -> Pairs:
        """The scored pairs. Raises `EvaluationError` with the line that is malformed."""
        path, scores = root / self.pairs, root / self.gold
        texts, golds = read_lines(path), read_lines(scores)
        if len(texts) != len(golds):
            raise EvaluationError(
                f"{path} has {len(texts)} lines and {scores.name} {len(golds)}: a line of one is "
                f"the score of the same line of the other. {AGAIN}"
            )
        rows = []
        for number, (text, gold) in enumerate(zip(texts, golds, strict=True), start=1):
            cells = text.split("\t")
            if len(cells) != 2:
                raise malformed(path, number, text, "two sentences separated by a tab")
            if gold.strip():
                rows.append((clean(cells[0]), clean(cells[1]), self.parse(gold, scores, number)))
        return pairs_of(self.name, rows, path)

    @staticmethod
    def parse(gold: str, path: Path, number: int) -> float:
        """The score in a line."""
        try:
            return score(gold)
        except ValueError as error:
            raise malformed(path, number, gold, "a score") from error


def score(text: str) -> float:
    """A finite number. Raises `ValueError`: NaN and infinities would spoil the ranks."""
    value = float(text)
    if not isfinite(value):
        raise ValueError(text)
    return value


def pairs_of(name: str, rows: list[tuple[str, str, float]], path: Path) -> Pairs:
    """Columns from rows. Raises `EvaluationError` where there is none."""
    if not rows:
        raise EvaluationError(f"{path} holds no sentence pair with a score. {AGAIN}")
    left, right, gold = (list(column) for column in zip(*rows, strict=True))
    return Pairs(name, left, right, gold)
