"""A run's folder: config.json, metrics.jsonl, README.md, model/ and, meanwhile, checkpoints/."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from train.errors import RunFolderError
from train.lock import locked

Record = dict[str, Any]
BEGUN = (".lock", "config.json.new")


@dataclass(frozen=True)
class RunFolder:
    """Where the parts of one run lie.

    writes: False in all processes of a distributed run but the first: nothing is written then.
    """

    path: Path
    writes: bool = True

    @property
    def config(self) -> Path:
        return self.path / "config.json"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def card(self) -> Path:
        return self.path / "README.md"

    @classmethod
    def create(cls, path: Path) -> "RunFolder":
        """A new folder. Raises `RunFolderError` if the path is taken or cannot be made."""
        cls.refuse_taken(path)
        make(path)
        return cls(path)

    @classmethod
    def create_free(cls, root: Path, loss: str, seed: int) -> "RunFolder":
        """The first of root/<loss>-<seed>-1, -2, ... that nobody has, made.

        Raises `RunFolderError` if it cannot be made.
        """
        for n in count(1):
            path = root / f"{loss}-{seed}-{n}"
            try:
                path.mkdir(parents=True)
            except FileExistsError as error:
                if not root.is_dir():
                    raise cannot_be_made(path, error.strerror) from error
            except OSError as error:
                raise cannot_be_made(path, error.strerror) from error
            else:
                break
        return cls(path)

    @staticmethod
    def refuse_taken(path: Path) -> None:
        """Raises `RunFolderError` if something is at the path already, or a file above it."""
        try:
            taken = path.exists() and (not path.is_dir() or not only_begun(path))
            above = next((parent for parent in path.parents if parent.exists()), None)
        except OSError as error:
            raise cannot_be_made(path, error.strerror) from error
        if above is not None and not above.is_dir():
            raise cannot_be_made(path, f"{str(above)!r} is not a folder")
        if taken:
            resumable = (path / "config.json").is_file()
            raise RunFolderError(
                f"--out {str(path)!r} is not empty. Choose another folder"
                + (f", or go on with: train run --resume {path}" if resumable else ".")
            )

    @classmethod
    def existing(cls, path: Path) -> "RunFolder":
        """The folder of a run that was started. Raises `RunFolderError` if it is none."""
        folder = cls(path)
        if not folder.config.is_file():
            raise RunFolderError(
                f"--resume {str(path)!r} holds no config.json. "
                "Give the folder that `train run` named when it started."
            )
        return folder

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else trains in the folder meanwhile; the process that writes sees to that."""
        with locked(self.path) if self.writes else nullcontext():
            yield

    def write_config(self, record: Record) -> None:
        if not self.writes:
            return
        write_atomically(self.config, json.dumps(record, indent=2, ensure_ascii=False) + "\n")

    def read_config(self) -> Record:
        """Raises `RunFolderError` when config.json does not hold a JSON object."""
        try:
            record = json.loads(self.config.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunFolderError(f"{self.config} is damaged: {error}. Start a new run.") from error
        if not isinstance(record, dict):
            raise RunFolderError(f"{self.config} is damaged: no object. Start a new run.")
        return record

    def append(self, record: Record) -> None:
        """Add one line to metrics.jsonl."""
        if not self.writes:
            return
        with self.metrics.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def records(self) -> list[Record]:
        """The records of metrics.jsonl; a damaged line, as a kill may leave, is left out."""
        return [record for line in self.lines() if (record := as_record(line)) is not None]

    def lines(self) -> list[str]:
        """The lines of metrics.jsonl that are not blank."""
        if not self.metrics.is_file():
            return []
        text = self.metrics.read_text(encoding="utf-8", errors="replace")
        return [line for line in text.split("\n") if line.strip()]

    def forget_after(self, step: int) -> int:
        """Drop what is recorded later than `step`: the steps from there on are done again.

        So are the scores after training. The file then holds whole lines only, so that the next
        record does not go on a damaged one; returns how many of those there were.
        """
        records = self.records()
        damaged = len(self.lines()) - len(records)
        kept = [r for r in records if r["step"] <= step and r.get("when") != "after"]
        lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in kept)
        write_atomically(self.metrics, "".join(lines))
        return damaged


def only_begun(folder: Path) -> bool:
    """Whether a folder is empty, or holds no more than a run that was killed before config.json."""
    return all(path.name in BEGUN for path in folder.iterdir())


def as_record(line: str) -> Record | None:
    """The record in a line of metrics.jsonl: an object with a step. None if it is damaged."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    whole = isinstance(record, dict) and isinstance(record.get("step"), int)
    return record if whole else None


def make(path: Path) -> None:
    """A folder, and those above it. Raises `RunFolderError` if there cannot be one."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_be_made(path, error.strerror) from error


def cannot_be_made(path: Path, reason: str | None) -> RunFolderError:
    """The error of a run folder that there cannot be."""
    return RunFolderError(
        f"--out {str(path)!r} cannot be made: {reason}. Choose another folder with --out."
    )


def write_atomically(path: Path, text: str) -> None:
    """Replace a file so that a kill leaves the old one or the new one."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
