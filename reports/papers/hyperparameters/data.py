"""Hyper-parameters as printed (reports/papers/tables/*.toml), as a recipe has them, as searched.

name, source, title; common: settings that the paper states for all rows, by the name that
`train.protocols` has for them, and common_source where; differing: why a recipe has another one;
columns: name, and key (a setting of the protocol, or settings.NAME of the loss); rows: name,
recipe, sweep (the grid that was searched) and printed, by key, as text.
"""

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from derive.errors import HyperparameterError
from derive.hyper import read_number
from reports.papers.published.data import FOLDER
from reports.runs import Run
from train.config import RunConfig
from train.recipes.model import SMALL_SEEDS, Recipe
from train.sweeps.reader import read
from train.sweeps.spec import Range

SETTINGS = "settings."
# Beside the columns of a printed table: what else decides a run.
BESIDE = ("steps", "epochs", "seeds", "pooling", "head", "freeze", "eval_every")


def document(name: str) -> dict[str, Any]:
    """The TOML of a table of hyper-parameters."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def of_recipe(recipe: Recipe, *, small: bool) -> dict[str, str]:
    """Every setting of a recipe by key, as text; the protocol's and its own."""
    options = recipe.options(small=small)
    seeds = SMALL_SEEDS if small else recipe.seeds
    found = _of_options(options, str(seeds))
    found["sentences"] = f"{options['max_sentences']:,}" if small else "all"
    return found


def of_runs(runs: Sequence[Run]) -> dict[str, str]:
    """What runs were made with, by key; "or" between values that differ."""
    each = [_of_run(run, len(runs)) for run in runs]
    keys = dict.fromkeys(key for one in each for key in one)
    return {key: " or ".join(dict.fromkeys(x[key] for x in each if key in x)) for key in keys}


def _of_run(run: Run, seeds: int) -> dict[str, str]:
    schedule = {key: as_text(x) for key, x in run.config.get("schedule", {}).items()}
    settings = run.config["options"].get("settings") or {}
    rows = run.config.get("corpus", {}).get("rows")
    beside = {"seeds": str(seeds), "sentences": as_text(rows)}
    if schedule.get("steps"):
        schedule["epochs"] = ""  # the number of steps is on record
    return schedule | {f"{SETTINGS}{name}": str(x) for name, x in settings.items()} | beside


def _of_options(options: Mapping[str, Any], seeds: str) -> dict[str, str]:
    chosen = vars(RunConfig(**options).chosen)
    found = {key: as_text(x) for key, x in chosen.items()}
    if chosen["steps"] is not None:
        found["epochs"] = ""  # the steps are what counts
    found |= {f"{SETTINGS}{name}": str(x) for name, x in options["settings"].items()}
    return found | {"seeds": seeds}


def searched(sweep: str) -> dict[str, list[str]]:
    """The values of a sweep by key, over all its stages; each has the paper as its source."""
    found: dict[str, list[str]] = {}
    for stage in read(sweep).stages:
        for key, values in stage.parameters.items():
            if not isinstance(values, Range):
                found.setdefault(key, []).extend(as_text(x) for x in values)
    return found


def as_text(value: Any) -> str:
    """A value as a cell shows it: nothing for None, 1e-05 as 1e-5."""
    if value is None:
        return ""
    if isinstance(value, float):
        mantissa, e, exponent = f"{value:g}".partition("e")
        return f"{mantissa}e{int(exponent)}" if e else mantissa
    return f"{value:,}" if type(value) is int else str(value)


def same(a: str, b: str) -> bool:
    """Whether two texts are the same value: 5e-2 and 0.05, pi/18 and 10*pi/180."""
    if a == b:
        return True
    try:
        return bool(read_number("a", a) == read_number("b", b))
    except HyperparameterError:
        return False
