"""Tables 6 and 7 of 001 and Table 2 of 003: hyper-parameters as printed, and those of our recipes.

Marked: "assumed" what the source does not state, "differs" what it states otherwise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.context import Context
from reports.outputs import Cell, Data, Table, Value
from reports.papers.hyperparameters.data import (
    BESIDE,
    SETTINGS,
    document,
    of_recipe,
    of_runs,
    same,
    searched,
)
from reports.provenance import refuse_other_losses
from train.recipes.listing import known_recipe
from train.recipes.model import Recipe

ABSENT = "–"
PRINTED, SEARCHED = "printed", "grid searched"
RECIPE, SMALL, RUN = "our recipe", "scaled down", "our runs"


@dataclass(frozen=True)
class Line:
    """A row of the table: of which loss, what it is, its values by key."""

    loss: str
    what: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Block:
    """The rows of one loss, the recipe that they are about, and the grid that was searched."""

    recipe: Recipe
    grid: Mapping[str, Sequence[str]]
    lines: tuple[Line, ...]


def table_6(context: Context) -> Sequence[Table]:
    """001, BERT."""
    return [_made("001-table-6", context)]


def table_7(context: Context) -> Sequence[Table]:
    """001, RoBERTa."""
    return [_made("001-table-7", context)]


def paper_003_table_2(context: Context) -> Sequence[Table]:
    """003."""
    return [_made("003-table-2", context)]


def _made(name: str, context: Context) -> Table:
    given = document(name)
    blocks = [_block(row, given, context) for row in given["rows"]]
    columns = {x["key"]: x["name"] for x in given["columns"]}
    columns |= {key: key.replace("_", " ") for key in BESIDE} | {"sentences": "sentences"}
    folder = context.records.folder
    number = given["source"].rpartition(", ")[2]
    return Table(
        name=name,
        title=f"{name[:3]}, {number}: {given['title']}, printed and ours",
        caption=(
            f"Printed: {given['source']}; what holds for all rows: {given['common_source']}. Grid "
            "searched: what the paper searched, as our sweep has it. Our recipe: what `train run "
            "--recipe NAME` runs; scaled down: with --small, for a CPU. lr: peak learning rate. "
            '"assumed": neither the source nor the protocol that the recipe follows '
            "(docs/training.md) states it."
        ),
        settings={"source": given["source"], "runs": str(folder) if folder else None},
        head=("loss", "", *columns.values(), "recipe"),
        rows=[
            _row(line, block, columns, given["differing"])
            for block in blocks
            for line in block.lines
        ],
        data=_data(blocks, columns),
        notes=[*_notes(blocks, given)],
    )


def _block(row: Mapping[str, Any], given: Mapping[str, Any], context: Context) -> Block:
    recipe, name = known_recipe(row["recipe"]), row["name"]
    runs = context.records.runs(recipe.name)
    refuse_other_losses(recipe.name, runs)
    grid = searched(row["sweep"])
    lines = [
        Line(name, PRINTED, {**given["common"], **row.get("printed", {})}),
        Line(name, SEARCHED, {key: _spanned(x) for key, x in grid.items()}),
        Line(name, RECIPE, of_recipe(recipe, small=False)),
        Line(name, SMALL, of_recipe(recipe, small=True)),
    ]
    if runs:
        lines.append(Line(name, RUN, of_runs(runs)))
    return Block(recipe, grid, tuple(lines))


def _spanned(values: Sequence[str]) -> str:
    """All values, or the ends of many."""
    return ", ".join(values) if len(values) <= 5 else f"{values[0]}, {values[1]}, …, {values[-1]}"


def _row(
    line: Line, block: Block, columns: Mapping[str, str], differing: Mapping[str, str]
) -> list[Cell]:
    printed = block.lines[0].values
    cells = [Cell(line.loss), unbroken(line.what)]
    for key in columns:
        text = line.values.get(key) or ABSENT
        if line.what == RECIPE:
            cells.append(_judged(key, text, printed, block.recipe, differing))
        else:
            cells.append(unbroken(text))
    named = {RECIPE: block.recipe.name, SMALL: f"{block.recipe.name} --small"}
    return [*cells, unbroken(named.get(line.what, ""))]


def unbroken(text: str, mark: str = "", note: str = "") -> Cell:
    """A cell whose values, between commas, stay on a line each: 1e-5 has no break at its sign."""
    span = Markup('<span class="nowrap">{}</span>')
    return Cell(text, Markup(", ").join(span.format(x) for x in text.split(", ")), mark, note)


def _judged(
    key: str,
    text: str,
    printed: Mapping[str, str],
    recipe: Recipe,
    differing: Mapping[str, str],
) -> Cell:
    """The recipe's value against the printed one."""
    if key in printed and not same(printed[key], text):
        note = differing.get(key, f"printed: {printed[key]}")
        return unbroken(text, "differs", note)
    if key.removeprefix(SETTINGS) in recipe.assumed and text != ABSENT:
        return unbroken(text, "assumed")
    return unbroken(text)


def _notes(blocks: Sequence[Block], given: Mapping[str, Any]) -> Iterator[str]:
    yield from given["differing"].values()
    for block in blocks:
        if block.recipe.note:
            yield f"{block.lines[0].loss}: {block.recipe.note}"
        yield from _off_the_grid(block)


def _off_the_grid(block: Block) -> Iterator[str]:
    """Values of the recipe that its grid does not hold."""
    ours = block.lines[2].values
    for key, values in block.grid.items():
        if key in ours and not any(same(x, ours[key]) for x in values):
            name = key.removeprefix(SETTINGS)
            yield f"{block.lines[0].loss}: {name} = {ours[key]} is not on the grid searched."


def _data(blocks: Sequence[Block], columns: Mapping[str, str]) -> Data:
    rows: list[tuple[Value, ...]] = []
    for block in blocks:
        for line in block.lines:
            for key in columns:
                if value := line.values.get(key):
                    assumed = key.removeprefix(SETTINGS) in block.recipe.assumed
                    said = "assumed" if assumed and line.what == RECIPE else ""
                    rows.append((line.loss, block.recipe.name, line.what, key, value, said))
    names = ("loss", "recipe", "what", "setting", "value", "mark")
    return Data({name: [row[n] for row in rows] for n, name in enumerate(names)})
