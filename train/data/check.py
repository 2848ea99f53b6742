"""Counting the tree and the training text against the official numbers."""

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from train.corpora.lines import lines
from train.data.forms import Counted, count
from train.data.official import PLACES, SPLITS, Expected, Form, Split

State = Literal["official", "differs", "missing"]
OFFICIAL_LINES = {"wiki1m_for_simcse.txt": 1_000_000}


@dataclass(frozen=True)
class CountedFile:
    """A file and what was found in it; found None: there is no such file."""

    path: str  # below the tree
    official: int
    found: int | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class CountedSplit:
    """A task's split with its files."""

    task: str
    split: str
    official: int
    files: tuple[CountedFile, ...]

    @property
    def found(self) -> int:
        return sum(file.found or 0 for file in self.files)

    @property
    def state(self) -> State:
        """ "official" only if every file has its own official count."""
        if any(file.found is None for file in self.files):
            return "missing"
        right = all(file.found == file.official for file in self.files)
        return "official" if right else "differs"

    def notes(self) -> list[str]:
        """What to know, with the file's name."""
        return [f"{Path(file.path).name}: {note}" for file in self.files for note in file.notes]


@dataclass(frozen=True)
class CountedCorpus:
    """A text file, one sentence a line. official None: no number is known for its name."""

    path: Path
    official: int | None
    lines: int
    empty: int
    undecodable: int
    repeated: int
    longest: int  # characters

    @property
    def state(self) -> State:
        return "official" if self.official in (None, self.lines) else "differs"


def find_tree(folder: Path) -> Path | None:
    """The one of `PLACES` in `folder` that holds most of the tree's files; None if none does."""
    return fullest([folder / place for place in PLACES])


def unpacked_tree(folder: Path) -> Path | None:
    """As `find_tree`, for an unpacked archive, which may have folders around the tree."""
    return fullest([folder, *sorted(folder.glob("*/")), *sorted(folder.glob("*/*/"))])


def fullest(folders: list[Path]) -> Path | None:
    """The first of the folders that hold most of the tree's files."""
    paths = [file.path for split in SPLITS for file in split.files]
    found = {folder: sum((folder / path).is_file() for path in paths) for folder in folders}
    best = max(found, key=lambda folder: found[folder])
    return best if found[best] else None


def count_tree(root: Path) -> list[CountedSplit]:
    """Every split of every task."""
    return [count_split(root, split) for split in SPLITS]


def count_split(root: Path, split: Split) -> CountedSplit:
    """One split, file by file."""
    files = tuple(count_file(root, expected, split.form) for expected in split.files)
    return CountedSplit(split.task, split.split, split.count, files)


def count_file(root: Path, expected: Expected, form: Form) -> CountedFile:
    """One file; a file that cannot be read is missing, with the system's reason."""
    try:
        counted: Counted = count(root / expected.path, form)
    except OSError as error:
        lacking = Path(error.filename or expected.path).name
        reason = "missing" if isinstance(error, FileNotFoundError) else error.strerror
        note = f"{reason} ({lacking})" if lacking != Path(expected.path).name else str(reason)
        return CountedFile(expected.path, expected.count, None, (note,))
    return CountedFile(expected.path, expected.count, counted.rows, tuple(counted.notes()))


def count_corpus(path: Path) -> CountedCorpus:
    """A text file, plain or gzip. Raises `CorpusError` if it is no text."""
    total = empty = undecodable = repeated = longest = 0
    seen: set[bytes] = set()
    for number, line in lines(path):
        total = number
        if line is None or not line.strip():
            empty += line is not None
            continue
        text = decoded(line)
        if text is None:
            undecodable += 1
            continue
        longest = max(longest, len(text))
        before = len(seen)
        seen.add(blake2b(b" ".join(line.split()), digest_size=16).digest())
        repeated += len(seen) == before
    official = OFFICIAL_LINES.get(path.name.removesuffix(".gz"))
    return CountedCorpus(path, official, total, empty, undecodable, repeated, longest)


def decoded(line: bytes) -> str | None:
    """The line's text; None where it is not UTF-8 or holds a NUL, as in `train.corpora`."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
