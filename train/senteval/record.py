"""The results as JSON: written after every task, and taken up again."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from train.errors import EvaluationError
from train.folder import write_atomically
from train.senteval.tasks import averaged

SCHEMA = "contragrad evaluation 1"
PACKAGES = (
    "contragrad", "torch", "transformers", "sentence-transformers", "scikit-learn", "scipy",
    "numpy",
)  # fmt: skip
AVERAGES = {"STS": "sts", "transfer": "transfer"}


@dataclass
class Results:
    """What is measured so far. Scores are shares of 1, not per cent; None is undefined.

    identity: what may not differ when a file is taken up again (model, text); settings: the rest.
    """

    identity: Mapping[str, Any]
    settings: Mapping[str, Any]
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    diagnostics: dict[str, Any] | None = None

    def averages(self) -> dict[str, float | None]:
        """The mean of a group's seven scores; None unless all seven are there and defined."""
        return {
            title: mean([self.tasks.get(name, {}).get("score") for name in averaged(group)])
            for title, group in AVERAGES.items()
        }

    def as_record(self) -> dict[str, Any]:
        """The JSON object."""
        parts = [*self.tasks.values(), *([self.diagnostics] if self.diagnostics else [])]
        return {
            "schema": SCHEMA,
            **self.identity,
            "settings": dict(self.settings),
            "versions": {"python": platform.python_version(), **versions()},
            "tasks": self.tasks,
            "averages": self.averages(),
            "diagnostics": self.diagnostics,
            "seconds": round(sum(part["seconds"] for part in parts), 2),
        }

    def as_json(self) -> str:
        return json.dumps(self.as_record(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def unnamed(value: Any) -> Any:
    """A model without the path it was given by: its weights decide."""
    return {k: v for k, v in value.items() if k != "name"} if isinstance(value, dict) else value


def versions() -> dict[str, str]:
    """Of the packages that the numbers depend on."""
    return {name: version(name) for name in PACKAGES}


def mean(scores: Sequence[float | None]) -> float | None:
    """None if one is missing."""
    there = [x for x in scores if x is not None]
    return sum(there) / len(there) if len(there) == len(scores) else None


def save(results: Results, path: Path) -> None:
    """Raises `EvaluationError` if the file cannot be written; the one before stays whole."""
    try:
        write_atomically(path, results.as_json())
    except OSError as error:
        raise EvaluationError(
            f"--out {str(path)!r} cannot be written: {error.strerror}. Make room, or give another "
            "file; what the file held before is still in it."
        ) from error


def refuse_unwritable(path: Path) -> None:
    """Raises `EvaluationError` before the long part for a file that could not be made."""
    if path.is_dir() or not path.parent.is_dir():
        reason = "it is a folder" if path.is_dir() else f"{str(path.parent)!r} is no folder"
        raise EvaluationError(f"--out {str(path)!r}: {reason}. Give a file in a folder there is.")


def take_up(results: Results, path: Path) -> None:
    """Fill `results` with what the file holds, if there is one.

    Raises `EvaluationError` for a file that is no evaluation, or one of something else.
    """
    if not path.exists():
        return
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        tasks, diagnostics = dict(record["tasks"]), record["diagnostics"]
        same = record["schema"] == SCHEMA
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvaluationError(
            f"--out {str(path)!r} is there and is no evaluation ({error}). Give another file."
        ) from error
    differ = [
        name
        for name, value in results.identity.items()
        if unnamed(record.get(name)) != unnamed(value)
    ]
    if differ or not same:
        raise EvaluationError(
            f"--out {str(path)!r} holds an evaluation with another {', '.join(differ) or 'schema'}."
            " Give another file, or delete this one."
        )
    results.tasks.update(tasks)
    results.diagnostics = diagnostics
