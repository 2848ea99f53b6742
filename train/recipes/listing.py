"""The recipes of the package by name, and whether they can be run."""

from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from train.errors import RecipeError
from train.recipes.model import Recipe
from train.recipes.reader import read

FOLDER = Path(__file__).parent


@cache
def recipes() -> dict[str, Recipe]:
    """Every recipe by its name, in the order of the papers. Raises as `read`."""
    found: dict[str, Recipe] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        for x in read(path):
            if x.name in found:
                raise RecipeError(f"{path}: {x.name} is there twice. Rename one.")
            found[x.name] = x
    return found


def names() -> list[str]:
    """The names of the recipes."""
    return list(recipes())


def known_recipe(name: str) -> Recipe:
    """The recipe of that name. Raises `RecipeError` with the nearest names."""
    if name not in recipes():
        raise RecipeError(
            f"unknown recipe {name!r}. The closest: {', '.join(closest(name))}. `train recipes` "
            "lists them all."
        )
    return recipes()[name]


def closest(name: str) -> list[str]:
    """Three recipes that a name may have meant: those that it is a part of, else those like it."""
    known = names()
    return [x for x in known if name and name in x][:3] or get_close_matches(name, known, 3, 0.0)


def recipe(name: str, small: bool = False) -> dict[str, Any]:
    """The options of a recipe for `train.config.RunConfig`, without the seed, checked.

    small: the scaled-down form for a CPU. Raises as `known_recipe` and `check`.
    """
    options = known_recipe(name).options(small=small)
    check(options)
    return options


def check(options: dict[str, Any]) -> None:
    """Raises a `ContragradError` unless the loss is there and every setting is in its domain."""
    from derive.sources import find
    from train.config import RunConfig

    RunConfig(**options)
    find(options["loss"]).defaults(options["settings"])
