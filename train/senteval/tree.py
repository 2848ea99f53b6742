"""Where the data lies below the folder that was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from train.data.official import PLACES
from train.errors import EvaluationError

SENTEVAL = ("STS", "SICK", "MR", "CR", "SUBJ", "MPQA", "SST", "TREC", "MRPC")
ORIGINAL = ("STS12", "STS13", "STS14", "STS15", "STS16", "STS-B", "SICK-R")
TEXTS = ("senteval", "original")


@dataclass(frozen=True)
class Tree:
    """The folder that was given and the roots of the two layouts, None for one that is not there.

    senteval: SentEval's `downstream/`, tokenised and, but for SICK, MRPC and TREC, in lower case.
    original: `<task>/<subset>.tsv` with score and two sentences, the text as it was published.
    """

    given: Path
    senteval: Path | None
    original: Path | None

    def text(self, wanted: str) -> str:
        """ "auto" is SentEval's text where there is a SentEval tree, else the original one."""
        if wanted != "auto":
            return wanted
        return "original" if self.senteval is None else "senteval"

    def root(self, text: str) -> Path:
        """Where files of that text are, or would be."""
        return (self.senteval if text == "senteval" else self.original) or self.given


def find(folder: Path) -> Tree:
    """The roots in `folder`. Raises `EvaluationError` if it is no folder or holds none."""
    if not folder.is_dir():
        raise EvaluationError(
            f"--data {str(folder)!r} is not a folder. Give the folder `downstream` of SentEval's "
            "data (`train data fetch senteval` brings it)."
        )
    senteval = first_with([folder / place for place in PLACES], SENTEVAL)
    original = first_with([folder, folder / "sts_original"], ORIGINAL)
    if senteval is None and original is None:
        raise EvaluationError(
            f"--data {str(folder)!r} holds no task: no folder {', '.join(SENTEVAL)} (SentEval's "
            f"tree), nor {', '.join(ORIGINAL)} (the original text). Give the folder `downstream` "
            "of SentEval's data (`train data fetch senteval` brings it)."
        )
    return Tree(folder, senteval, original)


def first_with(folders: Sequence[Path], names: tuple[str, ...]) -> Path | None:
    """The first folder that has one of these in it."""
    return next((x for x in folders if any((x / name).is_dir() for name in names)), None)
