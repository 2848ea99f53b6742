"""The catalogue: every objective by its name on the command line, loaded when asked for.

Adding a loss is one file here, one oracle in verify/oracles, and one line below
(CONTRIBUTING.md, "Adding a loss").
"""

from importlib import import_module

from derive.errors import ObjectiveError, UnknownNameError
from derive.objective import Objective

REGISTRY: dict[str, str] = {
    "infonce": "InfoNCE",
    "arccon": "ArcCon",
    "mpt": "MPT",
    "met": "MET",
    "vicreg": "VICReg",
    "mvicreg": "MVICReg",
    "dcl": "DCL",
}


def names() -> list[str]:
    """The keys of the catalogue, in its order."""
    return list(REGISTRY)


def load(name: str) -> Objective:
    """The objective of that name. Raises `UnknownNameError` with the nearest names."""
    if name not in REGISTRY:
        raise UnknownNameError("loss", name, REGISTRY)
    try:
        kind: type[Objective] = getattr(import_module(f"derive.objectives.{name}"), REGISTRY[name])
    except (ModuleNotFoundError, AttributeError) as error:
        raise ObjectiveError(
            f"the registry names {REGISTRY[name]} in derive/objectives/{name}.py, and {error}. "
            "Mend the line in derive/objectives/__init__.py or the file."
        ) from error
    kind.name = name
    return kind()
