"""A run's folder: config.json, metrics.jsonl, README.md, model/ and, meanwhile, checkpoints/."""

import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from train.errors import RunFolderError

Record = dict[str, Any]


@dataclass(frozen=True)
class RunFolder:
    """Where the parts of one run lie."""

    path: Path

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
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunFolderError(
                f"--out {str(path)!r} cannot be made: {error.strerror}. Choose another folder."
            ) from error
        return cls(path)

    @staticmethod
    def refuse_taken(path: Path) -> None:
        """Raises `RunFolderError` if there is something at the path already."""
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
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

    def write_config(self, record: Record) -> None:
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
        with self.metrics.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def records(self) -> list[Record]:
        """The lines of metrics.jsonl; a line that a kill cut short is left out."""
        if not self.metrics.is_file():
            return []
        records = []
        for line in self.metrics.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                records.append(json.loads(line))
            except ValueError:
                continue
        return records

    def forget_after(self, step: int) -> None:
        """Drop the records later than `step`: the steps from there on are done again."""
        kept = [record for record in self.records() if record["step"] <= step]
        lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in kept)
        write_atomically(self.metrics, "".join(lines))


def write_atomically(path: Path, text: str) -> None:
    """Replace a file so that a kill leaves the old one or the new one."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def free_path(root: Path, loss: str, seed: int) -> Path:
    """The first of root/<loss>-<seed>-1, -2, ... that does not exist."""
    return next(path for n in count(1) if not (path := root / f"{loss}-{seed}-{n}").exists())
