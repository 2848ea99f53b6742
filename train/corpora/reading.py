"""A corpus from a file or a data set: cleaned, counted, sampled."""

from collections.abc import Callable, Sequence
from pathlib import Path

from train.corpora.columns import Columns
from train.corpora.drawing import Everything, Keeper, Sample
from train.corpora.hub_sets import PREFIX, read_data_set
from train.corpora.items import Cells, Items, Reason
from train.corpora.mappings import read_json_lines
from train.corpora.tables import read_csv, read_tsv
from train.corpora.text import read_text
from train.corpus import DROPOUT, PAIRS, TRIPLES, Corpus
from train.errors import CorpusError

# A sentence of this length is none: text without line ends, or a table read as text.
MAX_CHARACTERS = 10_000
READERS: dict[str, Callable[[Path, Columns], Items]] = {
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json_lines,
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".tab": read_tsv,
}
PROGRESS_EVERY = 10_000  # lines
# What points to damage, or to a wrong option: worth a look at the place.
FAULTS = (Reason.UNDECODABLE, Reason.MALFORMED, Reason.MISSING, Reason.OVERLONG)


def read(
    spec: str,
    *,
    seed: int,
    limit: int | None = None,
    columns: Columns | None = None,
    max_characters: int = MAX_CHARACTERS,
    progress: Callable[[int], None] | None = None,
) -> Corpus:
    """The rows of `spec`: a path, or datasets:NAME[:[CONFIG:]SPLIT].

    The format is told by the name: .jsonl, .ndjson, .json (an object a line), .csv, .tsv, .tab
    (with a header), each also with .gz; anything else is plain text, one sentence a line. All
    are UTF-8 and are read as a stream. White space is collapsed. Left out and counted by reason:
    what is undecodable, malformed, without a wanted column, empty, longer than `max_characters`
    in any cell, or a repeat of a whole row; and, with `limit`, what `seed` does not draw.

    progress: called with the number of lines read, every 10,000 lines.
    Raises `CorpusError` when there is nothing to read, or nothing is left.
    """
    if max_characters < 1:
        raise CorpusError(f"--max-characters {max_characters} leaves no sentence. Give 1 or more.")
    keeper: Keeper = Everything() if limit is None else Sample(limit, seed)
    tally = Tally(max_characters)
    for number, item in items(spec, columns or Columns()):
        tally.lines = number
        reason = item if isinstance(item, Reason) else tally.add(item, keeper)
        if reason is not None:
            tally.drop(reason, number)
        if progress is not None and number % PROGRESS_EVERY == 0:
            progress(number)
    tally.counts[Reason.BEYOND] = keeper.beyond
    name = spec if spec.startswith(PREFIX) else Path(spec).name
    return corpus(name, keeper.rows(), tally, spec)


def items(spec: str, columns: Columns) -> Items:
    """The reader for `spec`."""
    if spec.startswith(PREFIX):
        return read_data_set(spec, columns)
    path = Path(spec)
    bare = Path(path.stem) if path.suffix.lower() == ".gz" else path
    return READERS.get(bare.suffix.lower(), read_text)(path, columns)


class Tally:
    """Counts what is left out, and where it first was."""

    def __init__(self, max_characters: int) -> None:
        self.max_characters = max_characters
        self.lines = 0
        self.counts = dict.fromkeys(Reason, 0)
        self.first: dict[Reason, int] = {}

    def drop(self, reason: Reason, number: int) -> None:
        self.counts[reason] += 1
        self.first.setdefault(reason, number)

    def add(self, cells: Cells, keeper: Keeper) -> Reason | None:
        """Give the cleaned row to the keeper; the reason if it is not taken."""
        row = tuple([" ".join(cell.split()) for cell in cells])
        for cell in row:
            if not cell:
                return Reason.EMPTY
            if len(cell) > self.max_characters:
                return Reason.OVERLONG
            if not sound(cell):
                return Reason.UNDECODABLE
        return keeper.add(row)


def sound(text: str) -> bool:
    """False for a NUL, and for lone surrogates: bytes not in UTF-8, or half a \\u pair of JSON."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def corpus(name: str, rows: Sequence[Cells], tally: Tally, spec: str) -> Corpus:
    """The corpus of the kept rows. Raises `CorpusError` if there are none."""
    dropped = {str(reason): count for reason, count in tally.counts.items() if count}
    if not rows:
        found = ", ".join(f"{count:,} {reason}" for reason, count in dropped.items())
        raise CorpusError(
            f"--corpus {spec!r} holds no sentence: {tally.lines:,} lines"
            + (f", of which {found}" if found else "")
            + ". Give UTF-8 text with one sentence a line, .jsonl, .csv or .tsv."
        )
    columns = list(zip(*rows, strict=True))
    views = {1: DROPOUT, 2: PAIRS, 3: TRIPLES}[len(columns)]
    anchors = list(columns[0])
    positives = list(columns[1]) if len(columns) > 1 else anchors
    negatives = list(columns[2]) if len(columns) > 2 else None
    unit = "row" if spec.startswith(PREFIX) else "line"
    first = {str(r): f"{unit} {n:,}" for r, n in tally.first.items() if r in FAULTS}
    return Corpus(name, views, anchors, positives, dropped, negatives, first)
