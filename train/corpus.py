"""Training text: pairs of views from a file of sentences, or from the embedded translations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import TypeVar

from train.bible import Verse, verses

# Ruth, Esther, Daniel, Hosea, Romans, James: books without a near-copy elsewhere (unlike
# Kings and Chronicles, or the first three Gospels), so that no training verse gives them away.
HELD_OUT_BOOKS = frozenset({8, 17, 27, 28, 45, 59})
TRANSLATIONS = "the same verse in two translations"
DROPOUT = "the same sentence twice, under two dropout masks"
PAIRS = "an anchor and its positive"
TRIPLES = "an anchor, its positive and its hard negative"

Row = TypeVar("Row")


@dataclass(frozen=True)
class Corpus:
    """Rows of two views; `dropped` counts what was left out, by reason.

    negatives: a hard negative of each row, if the text has them. first: where a reason for
    leaving out was first met, as "line 17".
    """

    name: str
    views: str
    anchors: Sequence[str]
    positives: Sequence[str]
    dropped: Mapping[str, int] = field(default_factory=dict)
    negatives: Sequence[str] | None = None
    first: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert len(self.anchors) == len(self.positives)
        assert self.negatives is None or len(self.negatives) == len(self.anchors)

    def __len__(self) -> int:
        return len(self.anchors)

    def texts(self) -> list[str]:
        """Every distinct text, in order: what a vocabulary is trained on."""
        return list(dict.fromkeys([*self.anchors, *self.positives, *(self.negatives or ())]))

    def only(self, indices: Sequence[int], name: str | None = None) -> "Corpus":
        """The rows at `indices`, counted from 0, in this order."""
        anchors = [self.anchors[index] for index in indices]
        same = self.positives is self.anchors
        return replace(
            self,
            name=name or self.name,
            anchors=anchors,
            positives=anchors if same else [self.positives[index] for index in indices],
            negatives=self.negatives and [self.negatives[index] for index in indices],
        )

    def describe(self) -> str:
        """One line: what, how many, what was dropped."""
        return f"{self.name}: {len(self):,} rows; a row is {self.views}{self.left_out()}"

    def left_out(self) -> str:
        """ " (left out: 2 malformed (first: line 17), 1 repeated)"; empty if nothing was."""
        counts = [
            f"{count:,} {reason}"
            + (f" (first: {self.first[reason]})" if reason in self.first else "")
            for reason, count in self.dropped.items()
            if count
        ]
        return f" (left out: {', '.join(counts)})" if counts else ""


def held_out(all_verses: Iterable[Verse]) -> list[Verse]:
    """The verses to evaluate on."""
    return [verse for verse in all_verses if verse.book in HELD_OUT_BOOKS]


def paired_translations(all_verses: Sequence[Verse], seed: int, limit: int | None) -> Corpus:
    """One row a verse of the training books: WEB against BBE or, by the seed, against ASV.

    A text that came before would be its own negative, a text of the held-out books would
    leak, and an identical pair has nothing to learn from: all three are dropped and counted.
    """
    random = Random(seed)
    seen = {text for verse in held_out(all_verses) for text in (verse.web, verse.bbe, verse.asv)}
    rows: list[tuple[str, str]] = []
    dropped = {"identical in both": 0, "repeated or held out": 0}
    for verse in all_verses:
        if verse.book in HELD_OUT_BOOKS:
            continue
        row = verse.web, random.choice((verse.bbe, verse.asv))
        if row[0] == row[1]:
            dropped["identical in both"] += 1
        elif row[0] in seen or row[1] in seen:
            dropped["repeated or held out"] += 1
        else:
            seen.update(row)
            rows.append(row)
    rows = sample(rows, limit, seed, dropped)
    anchors, positives = [left for left, _ in rows], [right for _, right in rows]
    return Corpus("the embedded Bible translations", TRANSLATIONS, anchors, positives, dropped)


def embedded(seed: int, limit: int | None) -> Corpus:
    """The default training corpus."""
    return paired_translations(verses(), seed, limit)


def from_file(path: Path, seed: int, limit: int | None) -> Corpus:
    """The sentences or rows of a file: see `train.corpora.read`."""
    from train.corpora import read  # it makes a `Corpus`

    return read(str(path), seed=seed, limit=limit)


def sample(rows: list[Row], limit: int | None, seed: int, dropped: dict[str, int]) -> list[Row]:
    """At most `limit` rows, drawn by the seed and kept in order."""
    if limit is None or limit >= len(rows):
        return rows
    dropped["beyond --max-sentences"] = len(rows) - limit
    return [rows[index] for index in sorted(Random(seed).sample(range(len(rows)), limit))]
