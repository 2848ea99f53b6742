"""Which columns hold the sentences: named by the user, or told by their usual names."""

from collections.abc import Collection
from dataclasses import dataclass

from train.errors import CorpusError

PAIRS = (("anchor", "positive"), ("sent0", "sent1"), ("sentence1", "sentence2"))
NEGATIVES = ("hard_neg", "negative")
SENTENCES = ("text", "sentence")
# Beside two sentences these say how alike they are: such a row may be anything but a positive.
GRADES = ("label", "labels", "score", "similarity", "similarity_score", "gold_label", "gold")
USUAL = (
    "text | sentence, or anchor and positive | sent0 and sent1 | sentence1 and sentence2, "
    "with hard_neg | negative or without"
)


@dataclass(frozen=True)
class Columns:
    """Names of the columns to read; all None: the usual names are looked for.

    anchor alone: the sentence is both views. negative: the anchor's hard negative. As soon as
    one is named, only the named ones are read. Raises `CorpusError` without an anchor.
    """

    anchor: str | None = None
    positive: str | None = None
    negative: str | None = None

    def __post_init__(self) -> None:
        other = self.positive or self.negative
        if other and not self.anchor:
            raise CorpusError(
                f"the column {other!r} is named without an anchor's. "
                "Add --anchor-column with the column of the sentences it belongs to."
            )

    def named(self) -> tuple[str, ...]:
        """The columns in the order anchor, positive, negative; () if none is named.

        Without a positive the anchor stands in its place when there is a negative.
        """
        if self.anchor is None:
            return ()
        if self.negative is not None:
            return self.anchor, self.positive or self.anchor, self.negative
        return (self.anchor,) if self.positive is None else (self.anchor, self.positive)


def detect(present: Collection[str]) -> tuple[str, ...]:
    """The columns to read by their usual names; () when there is none of them.

    Raises `CorpusError` for graded pairs, where not every row is a positive pair.
    """
    for pair in PAIRS:
        if all(name in present for name in pair):
            negatives = tuple(name for name in NEGATIVES if name in present)[:1]
            grades = [name for name in GRADES if name in present]
            if grades and not negatives:
                raise graded(pair, grades[0])
            return pair + negatives
    return tuple(name for name in SENTENCES if name in present)[:1]


def graded(pair: tuple[str, str], grade: str) -> CorpusError:
    """The error of pairs that come with a label or a score."""
    return CorpusError(
        f"--corpus has the columns {pair[0]!r} and {pair[1]!r} with {grade!r} beside them: a row "
        "may then be two unlike sentences. If each is a positive pair, say so with "
        f"--anchor-column {pair[0]} --positive-column {pair[1]}; for the sentences alone, "
        f"--anchor-column {pair[0]}."
    )


def unknown(spec: str, present: Collection[str]) -> CorpusError:
    """The error of a table none of whose columns has a usual name."""
    names = ", ".join(repr(name) for name in list(present)[:12]) or "none"
    return CorpusError(
        f"--corpus {spec!r}: no column has a usual name ({USUAL}); it has {names}. "
        "Name the column in the file, or for `train run` with --anchor-column (and "
        "--positive-column, --negative-column); for plain sentences without a header use a file "
        "that ends in .txt."
    )


def absent(spec: str, missing: str, present: Collection[str]) -> CorpusError:
    """The error of a named column that the table does not have."""
    names = ", ".join(repr(name) for name in list(present)[:12]) or "none"
    return CorpusError(
        f"--corpus {spec!r} has no column {missing!r}; it has {names}. Name one of these."
    )
