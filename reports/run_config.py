"""config.json of a run folder, checked whole: what reads it further need not ask again."""

import json
from collections.abc import Mapping
from typing import Any

from derive.errors import ContragradError
from reports.errors import RunRecordError
from train.config import RunConfig
from train.folder import RunFolder

_MAPPINGS = ("settings", "columns", "overrides")
_TEXTS = ("model", "corpus")


def read_config(folder: RunFolder) -> Mapping[str, Any]:
    """The configuration. Raises `RunRecordError` for one that no version's run has.

    A "corpus" that is no object tells nothing of the text, and is left out.
    """
    where = f"--run {str(folder.path)!r}"
    if not folder.config.is_file():
        what = "holds no config.json" if folder.path.is_dir() else "is not a folder"
        raise RunRecordError(f"{where} {what}. Give a folder that `train run` made.")
    try:
        config = json.loads(folder.config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunRecordError(
            f"{where}: config.json cannot be read ({error}). Restore it or leave this run out."
        ) from error
    options = config.get("options") if isinstance(config, dict) else None
    if not isinstance(options, dict) or not isinstance(options.get("loss"), str):
        raise RunRecordError(
            f"{where}: config.json names no loss. Give a folder that `train run` made."
        )
    reason = _of_options(options) or _of_schedule(config.get("schedule", {}))
    if reason:
        raise RunRecordError(
            f"{where}: config.json is damaged, or of another version: {reason}. Restore it, make "
            "the run again, or leave it out."
        )
    if not isinstance(config.get("corpus"), dict):
        config.pop("corpus", None)
    return config


def _of_options(options: Mapping[str, Any]) -> str:
    """Why they are no run's; empty where they are."""
    for name in _MAPPINGS:
        if not isinstance(options.get(name, {}), dict):
            return f"{name} is {options[name]!r}, no object"
    for name in _TEXTS:
        if not isinstance(options.get(name), str | None):
            return f"{name} is {options[name]!r}, no text"
    seed = options.get("seed", 0)
    if type(seed) is not int:
        return f"seed is {seed!r}, no whole number"
    try:
        RunConfig(**options)
    except (ContragradError, TypeError, ValueError) as error:
        return str(error).rstrip(".")
    return ""


def _of_schedule(schedule: Any) -> str:
    if not isinstance(schedule, dict):
        return f"schedule is {schedule!r}, no object"
    for name, value in schedule.items():
        if isinstance(value, list | dict):
            return f"{name} of the schedule is {value!r}, no single value"
    return ""
