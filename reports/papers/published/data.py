"""Printed tables as data: reports/papers/tables/*.toml, and the figures that the recipes have.

A figure is in one place: a recipe's `published`, or the TOML of the table that prints it.

name, source, title, caption; said: sentences of the paper about the table;
cited: the sources (as recipes write them) whose figures of a recipe are this table's;
columns: name; task or average: what `train eval` calls it; score: what a recipe calls it, and a
    score of a training run;
rows: name; recipe, or recipes by column; printed, improvement: by column; quoted: the recipe whose
    figures these are, where it is another; unprinted: the table has no such row; before: name and
    recipe of what the improvement is over.
averaged: the columns (of) whose mean another one (in) is printed as; same, before (of the table): a
    column that prints what a column (there) of another table prints, or that less its improvement.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from train.recipes.listing import known_recipe
from train.recipes.model import Published

FOLDER = Path(__file__).parents[1] / "tables"
PRINTED = 2  # digits after the point of every figure
GAINED = 1  # of an improvement


@dataclass(frozen=True)
class Column:
    """name: as printed; task, average: of `train eval`'s record; score: of a recipe or a run."""

    name: str
    task: str = ""
    average: str = ""
    score: str = ""


@dataclass(frozen=True)
class Row:
    """name: of the loss and the encoder; recipes, printed [per cent], improvement: by column.
    sources: where its figures are printed; derived: they are another row's less its improvement, to
    one digit."""

    name: str
    recipes: Mapping[str, str]
    printed: Mapping[str, float]
    improvement: Mapping[str, float] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    derived: bool = False

    @property
    def digits(self) -> int:
        return GAINED if self.derived else PRINTED


@dataclass(frozen=True)
class Printed:
    """A table as it is printed. extra: `averaged`, `same` and `before`, where the file has them."""

    name: str
    source: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    said: tuple[str, ...]
    extra: Mapping[str, Any]

    @property
    def number(self) -> str:
        """Table 3."""
        return self.source.rpartition(", ")[2]


def printed(name: str) -> Printed:
    """The table of that name."""
    document = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    columns = tuple(Column(**x) for x in document["columns"])
    rows: list[Row] = []
    for given in document["rows"]:
        row = _row(given, columns, document["cited"])
        rows += [*_before(given, row), row]
    return Printed(
        name,
        document["source"],
        document["title"],
        document["caption"],
        columns,
        tuple(rows),
        tuple(document.get("said", ())),
        {key: document[key] for key in ("averaged", "same", "before") if key in document},
    )


def _row(given: Mapping[str, Any], columns: Sequence[Column], cited: Sequence[str]) -> Row:
    recipes = given.get("recipes") or {x.name: given["recipe"] for x in columns}
    figures = dict(given.get("printed", {}))
    sources = [cited[0]] if figures else []
    if given.get("unprinted"):  # its recipes aim at the figure of another row
        return Row(given["name"], recipes, {}, sources=("not printed",))
    for column in columns:
        recipe = given.get("quoted", recipes.get(column.name))
        found = None if recipe is None else _of_recipe(recipe, column, cited)
        if found is None:
            continue
        if column.name in figures:
            raise ValueError(f"{given['name']}, {column.name}: {recipe} has this figure, too")
        figures[column.name] = found.value
        sources.append(found.source)
    ordered = {x.name: figures[x.name] for x in columns if x.name in figures}
    told = tuple(dict.fromkeys(sources))
    return Row(given["name"], recipes, ordered, given.get("improvement", {}), told)


def _of_recipe(recipe: str, column: Column, cited: Sequence[str]) -> Published | None:
    found = [
        x for x in known_recipe(recipe).published if x.score == column.score and x.source in cited
    ]
    return found[0] if found else None


def _before(given: Mapping[str, Any], row: Row) -> list[Row]:
    """The loss before its modification: the printed figure less the printed improvement."""
    if "before" not in given:
        return []
    figures = {
        name: round(row.printed[name] - gained, GAINED) for name, gained in row.improvement.items()
    }
    recipes = dict.fromkeys(row.recipes, given["before"]["recipe"])
    told = (f"{row.name} less its improvement",)
    return [Row(given["before"]["name"], recipes, figures, sources=told, derived=True)]
