"""The tables of a comparison: the settings that differ, and the final scores."""

from collections.abc import Sequence

from reports.comparison.comparison import Comparison
from reports.comparison.scores import Scored, said
from reports.outputs import Cell, Data, Table, Value
from train.sweeps.interval import LEVEL, Interval


def settings_table(comparison: Comparison) -> Table:
    """What differs between the settings, a column a subject."""
    labels = [x.label for x in comparison.subjects]
    seeds = [", ".join(m.seed for m in x.members) for x in comparison.subjects]
    rows = {"seeds": seeds, **comparison.differing}
    columns: dict[str, list[Value]] = {"setting": [*rows]}
    columns |= {label: [row[n] for row in rows.values()] for n, label in enumerate(labels)}
    return Table(
        name="compare-settings",
        title="What differs between the settings",
        caption=f"Of {comparison.shared + len(comparison.differing)} settings on record "
        f"{comparison.shared} are the same in all runs.",
        settings={f"run {n}": x.path for n, x in enumerate(comparison.subjects, 1)},
        head=("setting", *labels),
        rows=[[Cell(name), *map(Cell, row)] for name, row in rows.items()],
        data=Data(columns),
    )


def scores_table(comparison: Comparison) -> Table:
    """The scores before and after training, and the difference to the first subject."""
    labels = [x.label for x in comparison.subjects]
    first = labels[0]
    return Table(
        name="compare-scores-final",
        title="Final scores",
        caption=(
            f"Mean over the seeds ± half of Student's {LEVEL:.0%} t-interval; one seed has none. "
            f"Less {first}: the difference of the means ± half of Welch's interval; marked "
            "where that does not hold 0."
        ),
        settings={f"run {n}": x.path for n, x in enumerate(comparison.subjects, 1)},
        head=("score", "run", "before", "after", f"less {first}", "seeds"),
        rows=[row for score in comparison.scores for row in _rows(score, labels)],
        data=_data(comparison.scores, labels),
    )


def _rows(score: Scored, labels: Sequence[str]) -> list[list[Cell]]:
    rows = []
    for label, final in zip(labels, score.finals, strict=True):
        mark = "apart" if is_apart(final.difference) else ""
        rows.append([
            Cell(score.name), Cell(label), Cell(said(final.before)), Cell(said(final.after)),
            Cell(said(final.difference, sign=True), mark=mark),
            Cell(str(final.after.n) if final.after else "0"),
        ])  # fmt: skip
    return rows


def is_apart(difference: Interval | None) -> bool:
    """Whether the interval of a difference does not hold 0."""
    if difference is None or difference.half_width is None:
        return False
    return abs(difference.mean) > difference.half_width


def _data(scores: Sequence[Scored], labels: Sequence[str]) -> Data:
    names = ("score", "run", "when", "mean", "half width", "deviation", "seeds")
    rows: list[tuple[Value, ...]] = []
    for score in scores:
        for label, final in zip(labels, score.finals, strict=True):
            parts = {"before": final.before, "after": final.after,
                     f"less {labels[0]}": final.difference}  # fmt: skip
            rows += [
                (score.name, label, when, x.mean, x.half_width, x.deviation, x.n)
                for when, x in parts.items()
                if x is not None
            ]
    return Data({name: [row[n] for row in rows] for n, name in enumerate(names)})
