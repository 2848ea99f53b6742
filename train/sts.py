"""Spearman on graded sentence pairs of SentEval's tree while an encoder is trained.

STS-B dev and test, SICK-R test. `train eval` scores all tasks.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from train.errors import EvaluationError
from train.evaluation import Encode, Evaluation, Scores, spearman
from train.senteval.pairs import Pairs
from train.senteval.tasks import SICK, benchmark

SOURCES = tuple(
    replace(source, name=f"{source.name}, Spearman")
    for source in (benchmark("dev"), benchmark("test"), SICK)
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
