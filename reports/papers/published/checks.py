"""Whether a printed table agrees with itself and with the others: computed, never typed."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

from reports.papers.published.data import FOLDER, GAINED, PRINTED, Printed, Row, printed

HALF = 0.5 * 10.0**-PRINTED  # what a printed figure is uncertain by
HALF_GAIN = 0.5 * 10.0**-GAINED
ROUNDING = 1e-9  # of the arithmetic here


def inconsistencies(table: Printed) -> list[str]:
    """Sentences, one a finding; empty for a table that agrees with itself and with the others."""
    found = [*_averages(table)]
    if "same" in table.extra:
        found += _repeated(table)
    if "before" in table.extra:
        found += _originals(table)
    return found


def referring(name: str) -> list[str]:
    """The inconsistencies of other tables that are with the table of that name."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        extra = tomllib.loads(path.read_text(encoding="utf-8"))
        if any(extra.get(key, {}).get("table") == name for key in ("same", "before")):
            found += inconsistencies(printed(path.stem))
    return found


def _averages(table: Printed) -> Iterator[str]:
    """Rows whose printed average is not that of their figures: of n figures and their mean, each
    rounded to ±HALF, the difference is at most 2·HALF; of improvements likewise."""
    if "averaged" not in table.extra:
        return
    of, into = table.extra["averaged"]["of"], table.extra["averaged"]["in"]
    for row in table.rows:
        if row.derived:
            continue
        for what, figures, half, digits in (
            ("average", row.printed, HALF, PRINTED),
            ("average improvement", row.improvement, HALF_GAIN, GAINED),
        ):
            mean = _mean(figures, of)
            if mean is None or into not in figures:
                continue
            if abs(mean - figures[into]) > 2 * half + ROUNDING:
                yield (
                    f"{row.name}: the {what} is printed {figures[into]:.{digits}f}, and the "
                    f"row's figures have the mean {mean:.{digits + 1}f}."
                )


def _mean(figures: Mapping[str, float], of: Sequence[str]) -> float | None:
    if any(name not in figures for name in of):
        return None
    return sum(figures[name] for name in of) / len(of)


def _elsewhere(table: Printed, key: str) -> Iterator[tuple[Row, float, float | None]]:
    """(row, its figure, the other table's row's figure or improvement's), by the same recipe."""
    column, there = table.extra[key]["column"], table.extra[key]["there"]
    other = printed(table.extra[key]["table"])
    for row in table.rows:
        recipe = row.recipes.get(table.extra["same"]["column"])
        match = [x for x in other.rows if recipe is not None and recipe in x.recipes.values()]
        if not match or column not in row.printed:
            continue
        gained = match[0].improvement.get(there) if key == "before" else None
        value = match[0].printed[there]
        yield row, row.printed[column], value if gained is None else value - gained


def _repeated(table: Printed) -> Iterator[str]:
    """A figure that two tables print, differently; whether other labels would mend it."""
    other = printed(table.extra["same"]["table"]).number
    rows = [(row, here, there) for row, here, there in _elsewhere(table, "same")]
    wrong = [x for x in rows if x[2] is not None and abs(x[1] - x[2]) > ROUNDING]
    for row, here, there in wrong:
        column = table.extra["same"]["column"]
        yield f"{row.name}, {column}: {here:.2f} in {table.number}, and {there:.2f} in {other}."
    for order in permutations(range(len(wrong))):
        if wrong and all(
            abs(wrong[i][1] - (wrong[j][2] or 0.0)) <= ROUNDING for i, j in enumerate(order)
        ):
            names = " and ".join(row.name for row, _, _ in wrong)
            yield f"With the labels of {names} exchanged, the column agrees with {other}."
            break


def _originals(table: Printed) -> Iterator[str]:
    """The original that another table's figure and improvement leave, against the one here; and
    which rows fit once the labels are exchanged here."""
    other = printed(table.extra["before"]["table"]).number
    rows = [x for x in _elsewhere(table, "before") if x[2] is not None]
    bound = HALF + HALF + HALF_GAIN + ROUNDING
    for row, here, there in rows:
        if there is None or abs(here - there) <= bound:
            continue
        fits = [x.name for x, value, _ in rows if x is not row and abs(value - there) <= bound]
        also = f" The figure of {' or '.join(fits)} would fit." if fits else ""
        yield (
            f"{row.name}, {table.extra['before']['column']}: {here:.2f} in {table.number}, and "
            f"{there:.2f} (within {bound:.2f}) by the improvement in {other}.{also}"
        )
