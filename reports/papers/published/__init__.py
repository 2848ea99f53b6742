"""Tables 3, 4 and 5 of 001 and Table 1 of 003: the printed figures, and ours with intervals.

A table is made without runs, too: each row then says which command makes its run.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.context import Context
from reports.outputs import Cell, Data, Table, Value
from reports.papers.components.names import name_cell
from reports.papers.published.checks import inconsistencies, referring
from reports.papers.published.data import GAINED, Printed, Row, printed
from reports.papers.published.ours import Ours, ours
from reports.papers.recipes import drawn_from, expanded
from train.recipes.listing import known_recipe
from train.sweeps.interval import LEVEL, Interval

ABSENT = "–"
OTHER = "other settings than the recipe's: shows that it can be made, and repeats no figure"


@dataclass(frozen=True)
class Filled:
    """A printed table, and what we have of every recipe in it."""

    table: Printed
    ours: Mapping[str, Ours]


def table_3(context: Context) -> Sequence[Table]:
    """001, STS."""
    return [_made("001-table-3", context)]


def table_4(context: Context) -> Sequence[Table]:
    """001, transfer."""
    return [_made("001-table-4", context)]


def table_5(context: Context) -> Sequence[Table]:
    """001, component by component."""
    return [_made("001-table-5", context)]


def paper_003_table_1(context: Context) -> Sequence[Table]:
    """003, averages."""
    return [_made("003-table-1", context)]


def _made(name: str, context: Context) -> Table:
    filled = fill(printed(name), context)
    table = filled.table
    gains = any(row.improvement for row in table.rows)
    gained = "; in brackets the improvement printed beside it" if gains else ""
    return Table(
        name=name,
        title=f"{name[:3]}, {table.number}: {table.title}, printed and ours",
        caption=(
            f"{table.caption} Printed: {table.source}, measured there and not here{gained}. Ours: "
            f"mean over the seeds ± half of Student's {LEVEL:.0%} t-interval; the same unit."
        ),
        settings=_settings(filled, context),
        head=("run", "", *(x.name for x in table.columns), "made of"),
        rows=[row for x in table.rows for row in rows_of(x, filled)],
        data=_data(filled),
        notes=[*_notes(filled)],
    )


def fill(table: Printed, context: Context) -> Filled:
    """The table with our scores of each of its recipes."""
    recipes = dict.fromkeys(name for row in table.rows for name in row.recipes.values())
    found = {x: ours(x, table.columns, context.records) for x in recipes}
    return Filled(table, found)


def rows_of(row: Row, filled: Filled) -> Iterator[list[Cell]]:
    """The printed row and ours."""
    columns = [x.name for x in filled.table.columns]
    name = name_cell(row.name)
    source = Cell(" and ".join(row.sources) or "not known")
    yield [name, Cell("printed"), *(_printed(row, x) for x in columns), source]
    begun = any(filled.ours[x].made_of for x in row.recipes.values())
    mine = [_of(row, x, filled) if begun else Cell(ABSENT) for x in columns]
    yield [name, Cell("ours"), *mine, _made_of(row, filled)]


def _printed(row: Row, column: str) -> Cell:
    if column not in row.printed:
        return Cell(ABSENT)
    text = f"{row.printed[column]:.{row.digits}f}"
    if column in row.improvement:
        text += f" ({row.improvement[column]:+.{GAINED}f})".replace("-", "−")
    return Cell(text)


def _of(row: Row, column: str, filled: Filled) -> Cell:
    """Our score; "not run" where a recipe has no runs."""
    if column not in row.recipes:
        return Cell(ABSENT)
    found = filled.ours[row.recipes[column]]
    if not found.made_of:
        return Cell("not run")
    score = found.scores.get(column)
    return Cell(ABSENT) if score is None else Cell(_said(score))


def _said(score: Interval) -> str:
    if score.half_width is None:
        return f"{score.mean:.2f} (one seed)"
    return f"{score.mean:.2f} ± {score.half_width:.2f}"


def _made_of(row: Row, filled: Filled) -> Cell:
    """What ours was made of; the recipes to run, where there is nothing yet."""
    found = [filled.ours[x] for x in dict.fromkeys(row.recipes.values())]
    words = list(dict.fromkeys(x.made_of for x in found if x.made_of))
    if any(x.other for x in found):
        words.append(OTHER)
    missing = [f"train run --recipe {x.recipe}" for x in found if not x.made_of]
    if not missing:
        return Cell("; ".join(words))
    codes = [Markup('<code class="nowrap">{}</code>').format(x) for x in missing]
    html = Markup("; ").join([*words, Markup("not run:<br>") + Markup("<br>").join(codes)])
    return Cell("; ".join([*words, f"not run: {', '.join(missing)}"]), html)


def _notes(filled: Filled) -> Iterator[str]:
    table = filled.table
    checked = inconsistencies(table)
    yield from (f"Inconsistent in print: {x}" for x in checked)
    if not checked and "averaged" in table.extra:
        yield "Every printed average is that of its row's figures, within their rounding."
    yield from (f"Inconsistent in print: {x}" for x in referring(table.name))
    yield from table.said
    if any(not x.made_of for x in filled.ours.values()):
        recipe = known_recipe(next(iter(filled.ours)))
        whole = recipe.command().replace(recipe.name, "RECIPE")
        yield (
            f"Not run: {whole} --out RUNS/RECIPE runs one at its full size; reports record "
            f"{' '.join(_items(filled))} --small --runs RUNS all of them scaled down. Then reports "
            f"build {table.name} --runs RUNS --out OUT."
        )
    unscored = [x.name for x in table.columns if _is_unscored(x.name, filled)]
    if unscored:
        yield (
            f"{', '.join(unscored)}: no score of ours. A training run scores STS-B and SICK-R "
            "alone; train eval RUNS/RECIPE/seed-0 --data DIR --out "
            "RUNS/RECIPE/seed-0/evaluation.json scores the rest, and is read from there."
        )
    yield from dict.fromkeys(note for x in filled.ours.values() for note in x.notes)


def _items(filled: Filled) -> list[str]:
    """The tables whose runs are those of this one: it prints some that it is not drawn from."""
    name = filled.table.name
    covered = expanded(drawn_from(name))
    others = ["-".join(x.split("-")[:3]) for x in filled.ours if x not in covered]
    return list(dict.fromkeys([name, *others]))


def _is_unscored(column: str, filled: Filled) -> bool:
    """Whether there are runs, and none of them has this score."""
    there = [x for x in filled.ours.values() if x.made_of]
    return bool(there) and not any(column in x.scores for x in there)


def _settings(filled: Filled, context: Context) -> dict[str, Value]:
    made = {f"ours, {name}": x.made_of for name, x in filled.ours.items() if x.made_of}
    folder = context.records.folder
    return {"source": filled.table.source, "runs": str(folder) if folder else None, **made}


def _data(filled: Filled) -> Data:
    rows: list[tuple[Value, ...]] = []
    for row in filled.table.rows:
        for column in filled.table.columns:
            name, recipe = column.name, row.recipes.get(column.name)
            score = filled.ours[recipe].scores.get(name) if recipe is not None else None
            half = score.half_width if score is not None else None
            rows.append((
                row.name, name, recipe, row.printed.get(name), row.improvement.get(name),
                score.mean if score else None, half, score.n if score else 0,
                filled.ours[recipe].made_of if recipe is not None else None,
            ))  # fmt: skip
    names = ("run", "column", "recipe", "printed [%]", "printed improvement [%]", "ours, mean [%]",
             "ours, half width [%]", "seeds", "made of")  # fmt: skip
    return Data({name: [row[n] for row in rows] for n, name in enumerate(names)})
