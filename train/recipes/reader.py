"""Recipes read from TOML, and every entry checked.

paper = "001"
part = "Table 6"

[defaults]                  # of every row: any entry below but name, row, vary
model = "bert-base-uncased"
small = {max_sentences = 4000, overrides = {steps = 60}}

[[recipes]]
name = "mvicreg"            # the recipe is called <file>-<name>
row = "mV"
loss = "mvicreg"
settings = {m = "0.30"}
vary = {setting = "r", values = ["1", "2"]}     # one recipe a value: <file>-<name>-<value>
published = [{score = "STS, average of seven", value = 78.34, source = "001 Table 3"}]
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from derive.errors import UnknownNameError
from train.errors import RecipeError
from train.recipes.model import Published, Recipe

_OF_FILE = ("paper", "part")
_OF_ROW = tuple(x.name for x in fields(Recipe) if x.name not in _OF_FILE)
_KINDS = {x.name: x.type for x in fields(Recipe)}
_REQUIRED = tuple(
    x.name for x in fields(Recipe) if x.default is MISSING and x.default_factory is MISSING
)
_SMALL = ("max_sentences", "overrides")


def read(path: Path) -> list[Recipe]:
    """The recipes of a file. Raises `RecipeError`, or `UnknownNameError` for an entry's name."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}. Check the path.") from error
    except ValueError as error:
        raise RecipeError(f"{path} is no TOML: {error}. Mend that line.") from error
    known(document, (*_OF_FILE, "defaults", "recipes"), "entry of a recipe file")
    shared = {name: document.get(name) for name in _OF_FILE}
    shared |= table(document.get("defaults", {}), path, "defaults")
    rows = document.get("recipes", [])
    if not isinstance(rows, list) or not rows:
        raise RecipeError(f"{path} has no [[recipes]]. Add a row.")
    return [made(row, path) for given in rows for row in varied(shared | table(given, path, "row"))]


def varied(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A row, or one for each value that its `vary` names."""
    family = row.pop("vary", None)
    if family is None:
        yield row
        return
    known(family, ("setting", "values"), "entry of vary")
    for value in family["values"]:
        settings = row.get("settings", {}) | {family["setting"]: value}
        extra = {"name": f"{row['name']}-{value}", "row": f"{row['row']} = {value}"}
        yield row | extra | {"settings": settings}


def made(row: dict[str, Any], path: Path) -> Recipe:
    """The recipe of a row whose file is `path`, its entries checked."""
    known(row, (*_OF_FILE, *_OF_ROW), "entry of a recipe")
    missing = [name for name in _REQUIRED if row.get(name) in (None, "")]
    if missing:
        raise RecipeError(
            f"{path}: the recipe {row.get('name', '?')!r} lacks {', '.join(missing)}. Add it."
        )
    values = {name: read_entry(name, value, path) for name, value in row.items()}
    values["name"] = f"{path.stem}-{row['name']}"
    return Recipe(**values)


def read_entry(name: str, value: Any, path: Path) -> Any:
    """One entry's value as `Recipe` holds it."""
    if name == "published":
        return tuple(published(x, path) for x in value)
    if name == "assumed":
        return tuple(value)
    if name == "small":
        known(value, _SMALL, "entry of small")
        if set(value) != set(_SMALL):
            raise RecipeError(f"{path}: small needs {' and '.join(_SMALL)}, and has {value}.")
        return value
    if name == "settings":
        wrong = {key: x for key, x in table(value, path, name).items() if not isinstance(x, str)}
        if wrong:
            raise RecipeError(f"{path}: settings {wrong} are no text. Write them in quotes.")
        return value
    wanted = {"seeds": int, "overrides": dict}.get(name, str)
    if not isinstance(value, wanted):
        raise RecipeError(f"{path}: {name} is {value!r}, no {wanted.__name__}. Mend it.")
    return value


def published(entry: Mapping[str, Any], path: Path) -> Published:
    """A printed figure: per cent, with its source."""
    names = tuple(x.name for x in fields(Published))
    known(entry, names, "entry of published")
    value = entry.get("value")
    if set(entry) != set(names) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise RecipeError(
            f"{path}: published {dict(entry)} needs score, value (0 to 100) and source."
        )
    return Published(**entry)


def table(value: Any, path: Path, name: str) -> dict[str, Any]:
    """A table of TOML. Raises `RecipeError` for anything else."""
    if not isinstance(value, dict):
        raise RecipeError(f"{path}: {name} is {value!r}. Write a table: NAME = VALUE lines.")
    return value


def known(given: Mapping[str, Any], names: tuple[str, ...], kind: str) -> None:
    """Raises `UnknownNameError` for an entry that is none of `names`."""
    for name in given:
        if name not in names:
            raise UnknownNameError(kind, str(name), names)
