"""Spearman on graded sentence pairs of SentEval's tree while an encoder is trained.

STS-B dev and test, SICK-R test. `train eval` scores all tasks.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from train.data.official import PLACES
from train.errors import EvaluationError
from train.evaluation import Encode, Evaluation, Scores, spearman
from train.senteval.pairs import Pairs
from train.senteval.tasks import SICK, benchmark

SOURCES = tuple(
    replace(source, name=f"{source.name}, Spearman")
    for source in (benchmark("dev"), benchmark("test"), SICK)
)


def senteval(folder: Path) -> list[Evaluation]:
    """An evaluation for each file of `SOURCES` in the tree: `downstream/`, or a folder above it.

    Raises `EvaluationError` when there is none.
    """
    root = root_of(folder)
    if root is not None:
        return [similarity(x.read(root)) for x in SOURCES if (root / x.path).is_file()]
    expected = ", ".join(source.path for source in SOURCES)
    raise EvaluationError(
        f"--eval-data {str(folder)!r} holds none of {expected}. "
        "Give the folder `downstream` of SentEval's data."
    )


def root_of(folder: Path) -> Path | None:
    """`downstream/`: the folder itself, or below it where `train eval` finds it too."""
    places = [folder / place for place in PLACES]
    there = (p for p in places if any((p / source.path).is_file() for source in SOURCES))
    return next(there, None)


def has_dev(folder: Path) -> bool:
    """Whether the tree has STS-B dev: the one part that may choose between encoders."""
    root = root_of(folder)
    return root is not None and (root / SOURCES[0].path).is_file()


def similarity(pairs: Pairs) -> Callable[[Encode], Scores]:
    """Spearman's correlation of cosine and gold score."""

    def evaluate(encode: Encode) -> Scores:
        cosines = (encode(pairs.left) * encode(pairs.right)).sum(axis=1)  # (pairs,)
        return {pairs.name: spearman(cosines.tolist(), pairs.gold)}

    return evaluate
