"""How a loss is named in what a reader copies: as it was typed, and without folders of a disk."""

import shlex
from pathlib import PurePath

from derive.store import is_path


def shown(spec: str) -> str:
    """What `--loss` was given; of a file by its absolute path, or in the home folder, its name."""
    file, colon, name = spec.rpartition(":")
    if not (colon and file.endswith(".py")):
        if not (is_path(spec) or spec.endswith(".py")):
            return spec
        file, colon, name = spec, "", ""
    whole = PurePath(file).is_absolute() or file.startswith("~")
    return f"{PurePath(file).name if whole else file}{colon}{name}"


def quoted(spec: str) -> str:
    """The same as one word of a command line."""
    return shlex.quote(shown(spec))
