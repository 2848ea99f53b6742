"""Our scores for a printed table: of the runs of a recipe, per cent, with their intervals.

While it trains a run scores STS-B and SICK-R; the other tasks are `train eval`'s, whose record
`reports record` leaves in the run's folder.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from reports.evaluating import EVALUATION
from reports.papers.published.data import Column
from reports.provenance import refuse_other_losses, same_settings
from reports.records import Records
from reports.runs import Run
from train.recipes.listing import known_recipe
from train.senteval.record import SCHEMA
from train.sweeps.interval import Interval, interval


@dataclass(frozen=True)
class Ours:
    """What we have of one recipe. scores: by column, per cent, over the finished runs; made_of:
    the setting in words, empty where there is no finished run; other: whether a run has other
    settings than the recipe's; notes: what is missing or damaged."""

    recipe: str
    scores: Mapping[str, Interval]
    made_of: str
    other: bool
    notes: tuple[str, ...]


def ours(recipe: str, columns: Sequence[Column], records: Records) -> Ours:
    """The scores of a recipe's runs. Raises `RunRecordError` for a folder that is no run's, and for
    a run of another loss."""
    runs = records.runs(recipe)
    refuse_other_losses(recipe, runs)
    finished = [run for run in runs if run.scores("after") is not None]
    notes = [f"{run.path}: no scores after training." for run in runs if run not in finished]
    found: dict[str, list[float]] = {}
    for run in finished:
        tasks, averages, damage = evaluated(Path(run.path))
        notes += damage
        inside = run.scores("after") or {}
        for column in columns:
            value = tasks.get(column.task, averages.get(column.average, inside.get(column.score)))
            if value is not None:
                found.setdefault(column.name, []).append(100 * value)
    scores = {name: interval(values) for name, values in found.items()}
    notes += [f"{run.path}: {note}" for run in finished for note in run.notes]
    made_of = described(finished) if finished else ""
    other = any(is_other(run, recipe) for run in finished)
    return Ours(recipe, scores, made_of, other, tuple(notes))


def evaluated(folder: Path) -> tuple[dict[str, float], dict[str, float], list[str]]:
    """Scores by task, and averages, of the `train eval` record in a run's folder [shares of 1];
    a note where it cannot be read."""
    path = folder / EVALUATION
    if not path.is_file():
        return {}, {}, []
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["schema"] != SCHEMA:
            raise ValueError(f"its schema is {record['schema']!r}, not {SCHEMA!r}")
        tasks = {name: x["score"] for name, x in record["tasks"].items()}
        found = _defined(tasks), _defined(record["averages"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        return {}, {}, [f"{path} is left out: {reason}. Delete it and run train eval again."]
    return *found, []


def _defined(scores: Mapping[str, Any]) -> dict[str, float]:
    """Without the undefined ones. Raises `TypeError` for what is no number."""
    found = {name: x for name, x in scores.items() if x is not None}
    for name, x in found.items():
        if isinstance(x, bool) or not isinstance(x, int | float) or not isfinite(x):
            raise TypeError(f"the score of {name} is {x!r}, no number")
    return found


def described(runs: Sequence[Run]) -> str:
    """What the runs were made of: seeds, encoder, text, steps; each value that occurs."""
    seeds = ", ".join(str(x) for x in _each(runs, "options", "seed"))
    encoder = _joined(runs, "options", "model") or "a small BERT, randomly initialised"
    text = _joined(runs, "corpus", "name") or "the embedded text"
    rows, steps = _joined(runs, "corpus", "rows"), _joined(runs, "schedule", "steps")
    batch = _joined(runs, "schedule", "batch_size")
    counted = "one seed" if len(runs) == 1 else f"{len(runs)} seeds"
    return (
        f"{counted} ({seeds}); {encoder}; {text}, {rows or 'unknown'} rows; {steps} steps of "
        f"{batch}"
    )


def _joined(runs: Sequence[Run], part: str, name: str) -> str:
    values = [Path(x).name if isinstance(x, str) else x for x in _each(runs, part, name)]
    return " or ".join(f"{x:,}" if isinstance(x, int) else str(x) for x in values if x is not None)


def _each(runs: Sequence[Run], part: str, name: str) -> list[Any]:
    values = [run.config.get(part, {}).get(name) for run in runs]
    return list({repr(x): x for x in values}.values())


def is_other(run: Run, recipe: str) -> bool:
    """Whether a run is not the recipe at full size: another loss, encoder or text, fewer sentences,
    or another setting."""
    wanted, options = known_recipe(recipe).options(), run.config["options"]
    for name in ("model", "corpus"):  # the same file may lie elsewhere
        if Path(str(options.get(name))).name != Path(str(wanted[name])).name:
            return True
    same = all(options.get(x) == wanted[x] for x in ("loss", "protocol", "overrides"))
    same = same and same_settings(options.get("settings", {}), wanted["settings"])
    return not same or options.get("max_sentences") is not None
