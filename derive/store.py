"""Saved losses: a recipe each, as a JSON file in the user's data folder or wherever it is put.

    {"format": "contragrad-loss", "version": 1, "recipe": {"version": 1, "kind": "alpha", …}}

A recipe is plain data: "modify" and "compose" (`derive.modification.recipes`), or "alpha": phi,
psi, parameters (name → default) and pool (`derive.phi_psi`). Nothing is ever overwritten.
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any

from derive.errors import StoreError, UnknownNameError
from derive.objective import Objective

FORMAT = "contragrad-loss"
VERSION = 1
KINDS = ("modify", "compose", "alpha")
HOME = "CONTRAGRAD_HOME"  # overrides the user's data folder
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_MOST_BYTES = 100_000


def folder() -> Path:
    """Where losses are saved by name: `CONTRAGRAD_HOME`, or the user's data folder, /losses."""
    home = os.environ.get(HOME)
    if home:
        return Path(home).expanduser() / "losses"
    import platformdirs

    return Path(platformdirs.user_data_path("contragrad")) / "losses"


def is_path(name_or_path: str | Path) -> bool:
    """Whether a file is meant (it ends in .json), and not a name."""
    return str(name_or_path).lower().endswith(".json")


def path_of(name_or_path: str | Path) -> Path:
    """The file of a saved loss. Raises `StoreError` for what can be neither."""
    if is_path(name_or_path):
        return Path(name_or_path).expanduser()
    if not _NAME.fullmatch(str(name_or_path)):
        raise StoreError(
            f"{str(name_or_path)!r} is no name for a loss: letters, digits, _ and -, starting "
            "with a letter, at most 64. Choose another, or give a file that ends in .json."
        )
    return folder() / f"{name_or_path}.json"


def is_saved(name: str) -> bool:
    """Whether a loss of that name is in the user's data folder."""
    return bool(_NAME.fullmatch(name)) and path_of(name).exists()


def saved() -> list[str]:
    """The names of the losses in the user's data folder."""
    return sorted(x.stem for x in folder().glob("*.json") if _NAME.fullmatch(x.stem))


def save(name_or_path: str | Path, recipe: Mapping[str, Any]) -> Path:
    """Write a recipe to a new file, which is complete or not there.

    Raises `StoreError` if the name is taken (by a file, the catalogue or an entry point), if the
    file cannot be written, and, as building the loss does, for a recipe that makes none.
    """
    path = path_of(name_or_path)
    if not is_path(name_or_path):
        _check_free(str(name_or_path))
    objective_of(recipe, _stem(path))
    document = {"format": FORMAT, "version": VERSION, "recipe": dict(recipe)}
    try:
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise StoreError(f"the recipe is not plain data: {error}. Write numbers as text.") from None
    _write_new(path, text)
    return path


def read(name_or_path: str | Path) -> dict[str, Any]:
    """The recipe of a saved loss.

    Raises `UnknownNameError` for a name that is not saved, `StoreError` for a file that is
    missing, damaged, of another program, or of a newer contragrad.
    """
    path = path_of(name_or_path)
    if not path.exists():
        if not is_path(name_or_path):
            raise UnknownNameError("saved loss", str(name_or_path), saved())
        raise StoreError(f"there is no file {path}. Check the path; `derive list` shows names.")
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise StoreError(f"{path} is larger than {_MOST_BYTES} bytes: no saved loss is.")
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"{path} cannot be read: {error}. Save the loss again.") from error
    return _recipe_in(document, path)


def load(name_or_path: str | Path) -> Objective:
    """The objective of a saved loss. Raises as `read` and `objective_of`."""
    return objective_of(read(name_or_path), _stem(path_of(name_or_path)))


def objective_of(recipe: Mapping[str, Any], name: str | None = None) -> Objective:
    """The objective that a recipe makes. Raises a `ContragradError` for one that makes none."""
    kind = recipe.get("kind") if isinstance(recipe, Mapping) else None
    if kind not in KINDS:
        raise UnknownNameError("kind of recipe", str(kind), KINDS)
    if kind == "alpha":
        from derive.phi_psi import from_recipe as from_alpha

        return from_alpha(recipe, name)
    from derive.modification import from_recipe

    return from_recipe(recipe, name)


def summary(recipe: Mapping[str, Any]) -> str:
    """A recipe on one line."""
    said = [
        f"{key} {value}"
        for key, value in recipe.items()
        if key not in ("version", "kind") and value not in (None, {}, "")
    ]
    return f"{recipe.get('kind')}: {', '.join(said)}"


def _recipe_in(document: Any, path: Path) -> dict[str, Any]:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise StoreError(f"{path} is no saved loss (its format is not {FORMAT!r}). Check the path.")
    version = document.get("version")
    if version != VERSION:
        raise StoreError(
            f"{path} has version {version!r}, and {VERSION} is read here. Use the contragrad that "
            "wrote it, or save the loss again."
        )
    recipe = document.get("recipe")
    if not isinstance(recipe, dict):
        raise StoreError(f"{path} holds no recipe. Save the loss again.")
    return recipe


def _check_free(name: str) -> None:
    from derive.sources import others

    taken = {x.casefold(): where for where, names in others().items() for x in names}
    where = taken.get(name.casefold())
    if where is not None:
        raise StoreError(f"the name {name!r} is taken ({where}). Choose another, nothing is saved.")


def _stem(path: Path) -> str:
    """What a saved loss is called: its file, with the ending only where the catalogue's is."""
    from derive.objectives import REGISTRY

    stem = path.name[: -len(".json")]
    return path.name if stem in REGISTRY else stem


def _write_new(path: Path, text: str) -> None:
    """Complete or not there: written beside it, then linked, which fails where a file is."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{token_hex(8)}")
        try:
            beside.write_text(text, encoding="utf-8")
            _put(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        if path.exists():
            raise StoreError(
                f"{path} exists, and nothing is overwritten. Choose another."
            ) from None
        raise StoreError(f"{path} cannot be written: {error}. Choose another place.") from error


def _put(beside: Path, path: Path) -> None:
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: take the name first
        path.open("x").close()
        beside.replace(path)
