"""Whether two sets of options are of one run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Where the data lie, and what computes: a run that is moved is the same run.
_PLACES = ("corpus", "eval_data", "device")
_FILES = ("loss", "model")


def differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Where two sets of options differ, in words; empty where they are the same run.

    The seed and where the data lie are left out.
    """
    plain = json.loads(json.dumps(dict(now)))
    names = sorted((before.keys() | plain.keys()) - set(_PLACES) - {"seed"})
    return ", ".join(
        f"{name} was {before.get(name)!r}, is {plain.get(name)!r}"
        for name in names
        if before.get(name) != plain.get(name)
    )


def by_name(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with files by their names: who shares a folder may have them elsewhere."""
    files = {name: options.get(name) for name in _FILES}
    return dict(options) | {name: x and Path(str(x)).name for name, x in files.items()}
