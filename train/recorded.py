"""Options and schedule of a run that is on record, checked: config.json may be damaged."""

from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

from train.config import RunConfig
from train.errors import ConfigError, RunFolderError
from train.folder import Record
from train.protocols import Protocol

# What a resumed run reads beside its options and its schedule, for the checks and the card.
PARTS = (
    ("device", str), ("command", str), ("corpus.sha256", str), ("verification.verdict", str),
    ("verification.checks", dict), ("versions", dict), ("processes", int), ("threads", int),
)  # fmt: skip


def recorded(record: Record) -> tuple[RunConfig, Protocol]:
    """Options and protocol from config.json. Raises `RunFolderError` if no run wrote them."""
    try:
        options = record["options"]
        hints = get_type_hints(RunConfig)
        for name, value in options.items():
            if not fits(value, hints[name]):
                raise damaged(f"{name} is {value!r}")
        config, protocol = RunConfig(**options), Protocol(**record["schedule"])
    except (KeyError, TypeError, AttributeError, ConfigError) as error:
        raise damaged(str(error)) from error
    for name in ("steps", "save_every"):
        if getattr(protocol, name) is None:
            raise damaged(f"{name} is None")
    for path, kind in PARTS:
        check_part(record, path, kind)
    return config, protocol


def fits(value: Any, hint: Any) -> bool:
    """Whether a value read from JSON has the type of a field."""
    if get_origin(hint) is Mapping:
        of_text = get_args(hint)[1] is str
        return isinstance(value, dict) and all(
            isinstance(x, str) or not of_text for x in value.values()
        )
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
