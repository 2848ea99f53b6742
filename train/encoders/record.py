"""pretraining.json: what a pretraining run is, and how far its schedule is decided."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from train.encoders.schedule import Plan
from train.encoders.settings import Pretraining
from train.errors import RunFolderError
from train.folder import write_atomically

NAME = "pretraining.json"  # config.json is transformers' own, as the folder becomes a model's
PACKAGES = ("torch", "transformers", "tokenizers", "safetensors")
PARTS = {"options": dict, "device": str, "threads": int, "command": str, "corpus": dict}

Record = dict[str, Any]


def digest(sentences: Sequence[str]) -> str:
    """Equal for equal sentences in equal order (SHA-256, hexadecimal)."""
    found = sha256()
    for sentence in sentences:
        found.update(f"{sentence}\n".encode())
    return found.hexdigest()


def first(
    settings: Pretraining, out: Path, device: str, threads: int, corpus: Record, pieces: int
) -> Record:
    """The record of a run that begins."""
    return {
        "options": asdict(settings),
        "command": settings.command(str(out)),
        "device": device,
        "threads": threads,
        "corpus": corpus,
        "word_pieces": pieces,
        "plan": None,
        "finished": None,
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
    }


def write(folder: Path, record: Record) -> None:
    """Replace the record, whole or not at all."""
    write_atomically(folder / NAME, json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def read(folder: Path) -> Record:
    """Raises `RunFolderError` where there is none, or it is damaged."""
    path = folder / NAME
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        for name, kind in PARTS.items():
            if not isinstance(record[name], kind):
                raise TypeError(f"{name} is {record[name]!r}")
        plan_of(record)
    except FileNotFoundError as error:
        raise RunFolderError(
            f"--resume {str(folder)!r} holds no {NAME}. "
            "Give the folder that `train pretrain` was given with --out."
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AssertionError) as error:
        raise RunFolderError(f"{path} is damaged: {error}. Start a new run.") from error
    return dict(record)


def plan_of(record: Record) -> Plan | None:
    """The schedule on record, if it is decided. Raises `TypeError` for anything else."""
    plan = record["plan"]
    return None if plan is None else Plan(**plan)
