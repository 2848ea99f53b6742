"""Spearman on graded sentence pairs from SentEval's tree: STS-B dev and test, SICK-R test."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from train.errors import EvaluationError
from train.evaluation import Encode, Evaluation, Scores, spearman


@dataclass(frozen=True)
class Pairs:
    """Sentence pairs with a gold score each; the lists are equally long and not empty."""

    name: str
    left: list[str]
    right: list[str]
    gold: list[float]  # 0 to 5 (STS-B), 1 to 5 (SICK)

    def __post_init__(self) -> None:
        assert len(self.left) == len(self.right) == len(self.gold) > 0


@dataclass(frozen=True)
class Source:
    """A tab-separated file of the tree and its columns (counted from 0)."""

    name: str
    path: str
    score: int
    left: int
    right: int
    header: bool

    def read(self, root: Path) -> Pairs:
        """The file's pairs. Raises `EvaluationError` with the line that is not a pair."""
        path = root / self.path
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise EvaluationError(
                f"{path} cannot be read: {error}. Unpack SentEval's data again."
            ) from error
        rows = [
            self.parse(line, f"{path}:{number}")
            for number, line in enumerate(lines, start=1)
            if line.strip() and not (self.header and number == 1)
        ]
        if not rows:
            raise EvaluationError(f"{path} holds no sentence pair. Unpack SentEval's data again.")
        left, right, gold = (list(column) for column in zip(*rows, strict=True))
        return Pairs(self.name, left, right, gold)

    def parse(self, line: str, where: str) -> tuple[str, str, float]:
        """One line's sentences and score; quotation marks are text, not syntax."""
        cells = line.rstrip("\r").split("\t")
        try:
            return cells[self.left], cells[self.right], float(cells[self.score])
        except (IndexError, ValueError) as error:
            raise EvaluationError(
                f"{where}: {line[:80]!r} is not a scored sentence pair (score in column "
                f"{self.score + 1}, sentences in {self.left + 1} and {self.right + 1}, separated "
                "by tabs). Unpack SentEval's data again."
            ) from error


SOURCES = (
    Source("STS-B dev, Spearman", "STS/STSBenchmark/sts-dev.csv", 4, 5, 6, header=False),
    Source("STS-B test, Spearman", "STS/STSBenchmark/sts-test.csv", 4, 5, 6, header=False),
    Source("SICK-R test, Spearman", "SICK/SICK_test_annotated.txt", 3, 1, 2, header=True),
)


def senteval(folder: Path) -> list[Evaluation]:
    """An evaluation for each file of `SOURCES` that is in the tree, `downstream/` or above it.

    Raises `EvaluationError` when there is none.
    """
    for root in (folder, folder / "downstream"):
        found = [source for source in SOURCES if (root / source.path).is_file()]
        if found:
            return [similarity(source.read(root)) for source in found]
    expected = ", ".join(source.path for source in SOURCES)
    raise EvaluationError(
        f"--eval-data {str(folder)!r} holds none of {expected}. "
        "Give the folder `downstream` of SentEval's data."
    )


def similarity(pairs: Pairs) -> Callable[[Encode], Scores]:
    """Spearman's correlation of cosine and gold score."""

    def evaluate(encode: Encode) -> Scores:
        cosines = (encode(pairs.left) * encode(pairs.right)).sum(axis=1)  # (pairs,)
        return {pairs.name: spearman(cosines.tolist(), pairs.gold)}

    return evaluate
