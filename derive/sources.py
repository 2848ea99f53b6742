"""Where an objective comes from: the catalogue, a file, an installed package, or a saved recipe."""

from collections.abc import Callable

from derive.errors import SourceError, UnknownNameError
from derive.objective import Objective

CATALOGUE, SAVED = "a loss of the catalogue", "a saved loss"


def find(spec: str) -> Objective:
    """The objective that a `--loss` names.

    spec: a name of the catalogue, of a saved loss or of an entry point (group
    `contragrad.losses`); FILE.py:NAME, a subclass of `Objective` without arguments or an instance
    of one; FILE.json, a saved recipe; or "alpha(φ; ψ; NAME=DEFAULT; …)", a member of the α-CL
    family.

    Raises `UnknownNameError` with the nearest names, `SourceError` for a name that means two
    losses or a loss that cannot be loaded, `StoreError` for a recipe that cannot be read, and as
    `derive.phi_psi.alpha_objective`.
    """
    file, colon, name = spec.rpartition(":")
    if spec.endswith(".py") or (colon and file.endswith(".py")):
        from derive.files import load_from_file

        return load_from_file(file, name) if file.endswith(".py") else load_from_file(spec, "")
    if spec.endswith(".json"):
        from derive import store

        return store.load(spec)
    if spec.startswith("alpha(") and spec.endswith(")"):
        from derive.phi_psi import from_text

        return from_text(spec)
    return _by_name(spec)


def located(spec: str) -> str:
    """The same spec with a file in it as an absolute path: it means that loss in any directory."""
    from derive.store import is_path

    file, colon, name = spec.rpartition(":")
    if colon and file.endswith(".py"):
        return f"{_absolute(file)}:{name}"
    return _absolute(spec) if is_path(spec) else spec


def _absolute(file: str) -> str:
    from pathlib import Path

    return str(Path(file).expanduser().resolve())


def others() -> dict[str, list[str]]:
    """Every name that is not a file: what kind of loss → names."""
    from derive.objectives import names
    from derive.packages import entry_points
    from derive.store import saved

    packages = {f"an entry point of {x.package}": [x.name] for x in entry_points()}
    return {CATALOGUE: names(), SAVED: saved(), **packages}


def _by_name(name: str) -> Objective:
    from derive import objectives, packages, store

    meanings: list[tuple[str, Callable[[str], Objective]]] = []
    if name in objectives.REGISTRY:
        meanings.append((CATALOGUE, objectives.load))
    if store.is_saved(name):
        meanings.append((SAVED, store.load))
    meanings += [(f"an entry point of {x.package}", x.load) for x in packages.named(name)]
    if not meanings:
        known = [x for names in others().values() for x in names]
        raise UnknownNameError("loss", name, known)
    if len(meanings) > 1:
        raise SourceError(
            f"the loss {name!r} is {' and '.join(kind for kind, _ in meanings)}. Rename one: a "
            "saved loss by its file, an entry point in its package."
        )
    return meanings[0][1](name)
