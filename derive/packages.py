"""Losses of other installed packages: entry points of the group `contragrad.losses`.

[project.entry-points."contragrad.losses"]
my_loss = "my_package.losses:MyLoss"
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive.errors import SourceError
from derive.objective import Objective

GROUP = "contragrad.losses"


@dataclass(frozen=True)
class EntryPoint:
    """name: of the loss; package: the distribution; target: MODULE:NAME."""

    name: str
    package: str
    target: str
    raw: Any

    def load(self, name: str) -> Objective:
        """The objective. Raises `SourceError`, with the reason, if its package is broken."""
        from derive.files import as_objective, describe

        where = f"the entry point {name!r} of {self.package} ({self.target})"
        try:
            found = self.raw.load()
        except Exception as error:  # another package's code: anything can happen
            raise SourceError(
                f"{where} cannot be loaded: {describe(error)}. Mend or update {self.package}."
            ) from error
        return as_objective(found, where, None)


def entry_points() -> tuple[EntryPoint, ...]:
    """All of them; none of their packages is imported."""
    if not _some_package_has_one():
        return ()
    from importlib.metadata import entry_points as find

    return tuple(
        EntryPoint(x.name, x.dist.name if x.dist else "an unnamed package", x.value, x)
        for x in sorted(find(group=GROUP), key=lambda x: x.name)
    )


def named(name: str) -> tuple[EntryPoint, ...]:
    """The entry points of that name."""
    return tuple(x for x in entry_points() if x.name == name)


def _some_package_has_one() -> bool:
    """Whether a package's metadata names the group: importlib.metadata, which finds them, takes
    longer to import than this takes to look."""
    for place in dict.fromkeys(sys.path):
        for pattern in ("*.dist-info/entry_points.txt", "*.egg-info/entry_points.txt"):
            if any(GROUP.encode() in file.read_bytes() for file in Path(place).glob(pattern)):
                return True
    return False
