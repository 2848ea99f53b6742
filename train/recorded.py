"""Options and schedule of a run that is on record, checked: config.json may be damaged."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args, get_origin, get_type_hints

from train.config import LEAST, RunConfig, Schedule
from train.errors import RunFolderError
from train.folder import Record

# What a resumed run reads beside its options and its schedule, for the checks and the card.
PARTS = (
    ("device", str), ("command", str), ("corpus.sha256", str), ("verification.verdict", str),
    ("verification.checks", dict), ("versions", dict), ("max_grad_norm", float), ("threads", int),
)  # fmt: skip


def recorded(record: Record) -> tuple[RunConfig, Schedule]:
    """Options and schedule from config.json. Raises `RunFolderError` if no run wrote them."""
    try:
        config, schedule = RunConfig(**record["options"]), Schedule(**record["schedule"])
    except (KeyError, TypeError) as error:
        raise damaged(str(error)) from error
    for part in (config, schedule):
        hints = get_type_hints(type(part))
        for name, value in asdict(part).items():
            if not fits(value, hints[name]):
                raise damaged(f"{name} is {value!r}")
    for name, value in asdict(schedule).items():
        if value < LEAST.get(name, 0):
            raise damaged(f"{name} is {value!r}")
    for path, kind in PARTS:
        check_part(record, path, kind)
    return config, schedule


def fits(value: Any, hint: Any) -> bool:
    """Whether a value read from JSON has the type of a field."""
    if get_origin(hint) is Mapping:
        return isinstance(value, dict) and all(isinstance(x, str) for x in value.values())
    if isinstance(value, int) and float in (hint, *get_args(hint)):
        return True
    return isinstance(value, hint)


def check_part(record: Record, path: str, kind: type) -> None:
    """Raises `RunFolderError` unless record[a][b], for the path "a.b", is of the kind."""
    value: Any = record
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if not fits(value, kind):
        raise damaged(f"{path} is {value!r}")


def damaged(reason: str) -> RunFolderError:
    """The error of a config.json that cannot be used."""
    return RunFolderError(
        f"config.json is damaged, or was not written by this version: {reason}. Start a new run."
    )
