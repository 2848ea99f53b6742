"""Recipes on the screen: all as a table, one in full, or as plain data."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from train.recipes.model import Recipe

CLAIM = "printed there, not measured here"


def print_recipes(console: Console, recipes: Sequence[Recipe], sweeps: Mapping[str, str]) -> None:
    """Every recipe on a line, then the shipped sweeps (name → source)."""
    table = Table(title="train run --recipe NAME [--small]")
    table.add_column("recipe", no_wrap=True)
    for column in ("row", "loss", "encoder", "printed"):
        table.add_column(column, overflow="fold")
    for x in recipes:
        printed = f"{x.published[0].value:g}" if x.published else ""
        table.add_row(x.name, x.row, x.loss, x.model.partition("-")[0], printed)
    console.print(table)
    searches = Table(title="train sweep --spec NAME")
    searches.add_column("sweep", no_wrap=True)
    searches.add_column("source", overflow="fold")
    for name, source in sweeps.items():
        searches.add_row(name, source)
    console.print(searches)


def print_recipe(console: Console, recipe: Recipe) -> None:
    """One recipe in full, with the command lines that run it."""
    table = Table(show_header=False, title=recipe.name)
    table.add_column()
    table.add_column(overflow="fold")
    settings = ", ".join(f"{name} = {x}" for name, x in recipe.settings.items())
    overrides = ", ".join(f"{name} = {x}" for name, x in recipe.overrides.items())
    rows = {
        "source": f"{recipe.paper}, {recipe.part}: {recipe.row}",
        "shows": recipe.shows,
        "loss": f"{recipe.loss}: {settings}",
        "encoder": recipe.model,
        "text": recipe.corpus,
        "protocol": f"{recipe.protocol}; {overrides}",
        "seeds": str(recipe.seeds),
        "not in the source": ", ".join(recipe.assumed),
        "note": recipe.note,
    }
    for name, text in rows.items():
        if text:
            table.add_row(name, text)
    for x in recipe.published:
        table.add_row(x.score, f"{x.value:g} ({x.source}; {CLAIM})")
    console.print(table)
    for title, small in (("Run it", False), ("Scaled down, for a CPU", True)):
        console.print(f"\n{title}:\n  {recipe.command(small=small)}", soft_wrap=True)
    console.print(f"\nThe first, spelled out:\n  {recipe.spelled_out()}", soft_wrap=True)


def as_json(recipes: Sequence[Recipe], one: bool) -> str:
    """The recipe, or a list of them."""
    data = [x.data() for x in recipes]
    return json.dumps(data[0] if one else data, indent=2, ensure_ascii=False)


def as_toml(recipes: Sequence[Recipe]) -> str:
    """[[recipes]] tables, each entry on a line; `tomllib` reads the same data again."""
    blocks = []
    for x in recipes:
        lines = [f"{toml_key(name)} = {toml(value)}" for name, value in x.data().items()]
        blocks.append("\n".join(["[[recipes]]", *lines]))
    return "\n\n".join(blocks)


def toml(value: Any) -> str:
    """A value of TOML, tables inline."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{toml_key(k)} = {toml(x)}" for k, x in value.items()) + " }"
    return "[" + ", ".join(toml(x) for x in value) + "]"


def toml_key(name: str) -> str:
    """A key, quoted where it has to be."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)
