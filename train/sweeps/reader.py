"""A sweep's specification from TOML, every entry checked before anything is run.

name = "my-sweep"
metric = "STS-B dev, Spearman"      # default; direction = "maximize"
seeds = 1                           # runs a trial, with seeds 0, 1, …

[base]                              # of every run
recipe = "001-table-6-mvicreg"      # or loss, settings, model, corpus, protocol, overrides
small = false                       # the recipe's scaled-down form
eval_data = "senteval"

[[stages]]
name = "batch size and rate"
sampler = "grid"                    # or "random", "tpe" with trials = N
[stages.parameters]
batch_size = [64, 128]              # a setting of the protocol
lr = [1e-5, 3e-5]                   # random, tpe: also {low = 1e-6, high = 1e-4, log = true}
settings.m = ["0.27", "0.30"]       # a hyper-parameter of the loss
"""

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from derive.errors import UnknownNameError
from train.errors import SweepError
from train.sweeps.spec import DIRECTIONS, METRIC, SAMPLERS, SETTINGS, Range, Spec, Stage, Value

FOLDER = Path(__file__).parent
_SPEC = ("name", "source", "note", "metric", "direction", "seeds", "seed", "base", "stages")
_STAGE = ("name", "sampler", "trials", "parameters")
_RANGE = tuple(x.name for x in fields(Range))
_BASE = ("loss", "settings", "model", "corpus", "columns", "max_characters", "eval_data",
         "max_sentences", "device", "accept_undecided", "protocol", "overrides")  # fmt: skip


def shipped() -> dict[str, Path]:
    """The specifications of the package, by name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}


def read(spec: str, replaced: Mapping[str, Any] | None = None, *, small: bool = False) -> Spec:
    """The sweep of a shipped name or a TOML file.

    replaced: options of the command line in place of the base's; small: as `base.small`.
    Raises `SweepError`, and as the parts do that a name stands for.
    """
    path = shipped().get(spec, Path(spec))
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        near = ", ".join(shipped())
        raise SweepError(
            f"--spec {spec!r} cannot be read: {error.strerror}. Give a TOML file, or one of {near}."
        ) from error
    except ValueError as error:
        raise SweepError(f"{path} is no TOML: {error}. Mend that line.") from error
    known(document, _SPEC, "entry of a sweep")
    base = base_of(document.get("base", {}), path, small=small)
    made = made_spec(document, merged(base, replaced or {}), path)
    check(made)
    return made


def merged(base: dict[str, Any], replaced: Mapping[str, Any]) -> dict[str, Any]:
    """The base with what is replaced; of mappings, entry by entry."""
    from train.recipes import over

    return over(base, replaced)


def base_of(given: dict[str, Any], path: Path, *, small: bool) -> dict[str, Any]:
    """The options that every run has in common."""
    entry = dict(given)
    name, small = entry.pop("recipe", None), entry.pop("small", False) or small
    known(entry, _BASE, "entry of base")
    start: dict[str, Any] = {"settings": {}, "overrides": {}}
    if name is not None:
        from train.recipes import recipe

        start = recipe(name, small)
    elif small:
        raise SweepError(f"{path}: small is of a recipe, and base names none. Leave it out.")
    entry["settings"] = {key: str(x) for key, x in entry.get("settings", {}).items()}
    return merged(start, entry)


def made_spec(document: Mapping[str, Any], base: dict[str, Any], path: Path) -> Spec:
    """The specification, its own entries checked."""
    if not isinstance(base.get("loss"), str):
        raise SweepError(f"{path}: base has no loss. Name one, or a recipe.")
    seeds, seed = document.get("seeds", 1), document.get("seed", 0)
    if not whole(seeds, 1) or not whole(seed, 0):
        raise SweepError(f"{path}: seeds = {seeds!r}, seed = {seed!r}. Write a number from 1, 0.")
    direction = document.get("direction", "maximize")
    if direction not in DIRECTIONS:
        raise UnknownNameError("direction", str(direction), DIRECTIONS)
    stages = document.get("stages")
    if not isinstance(stages, list) or not stages:
        raise SweepError(f"{path} has no [[stages]]. Add one with its parameters.")
    return Spec(
        name=str(document.get("name", path.stem)),
        base=base,
        stages=tuple(stage_of(x, n, path) for n, x in enumerate(stages, 1)),
        seeds=tuple(range(seed, seed + seeds)),
        metric=str(document.get("metric", METRIC)),
        direction=direction,
        source=str(document.get("source", "")),
        note=str(document.get("note", "")),
    )


def stage_of(given: Mapping[str, Any], number: int, path: Path) -> Stage:
    """One stage. Raises `SweepError` for a grid of ranges or a search without a size."""
    known(given, _STAGE, "entry of a stage")
    name, sampler = str(given.get("name", f"stage {number}")), given.get("sampler", "grid")
    if sampler not in SAMPLERS:
        raise UnknownNameError("sampler", str(sampler), SAMPLERS)
    parameters = {
        key: values(x, f"{path}, {name}, {key}") for key, x in flat(given.get("parameters", {}))
    }
    trials = given.get("trials")
    if not parameters:
        raise SweepError(f"{path}: the stage {name!r} has no parameters. Add a list of values.")
    if (sampler == "grid") != (trials is None) or (trials is not None and not whole(trials, 1)):
        raise SweepError(
            f"{path}: the stage {name!r} has sampler {sampler!r} and trials = {trials!r}. Give the "
            "number of trials to random and tpe, and none to grid."
        )
    if sampler == "grid" and any(isinstance(x, Range) for x in parameters.values()):
        raise SweepError(f"{path}: the grid {name!r} has a range. List its values.")
    return Stage(name, sampler, parameters, trials)


def flat(parameters: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The parameters, those of the loss with their prefix."""
    own = [(name, x) for name, x in parameters.items() if name != SETTINGS[:-1]]
    return own + [(SETTINGS + name, x) for name, x in parameters.get(SETTINGS[:-1], {}).items()]


def values(given: Any, where: str) -> Any:
    """A tuple of distinct values (1 and 1.0 are one), or a `Range`."""
    plain = isinstance(given, list) and given and all(isinstance(x, Value) for x in given)
    if plain and len(set(given)) == len(given):
        return tuple(given)
    if isinstance(given, dict):
        known(given, _RANGE, "entry of a range")
        low, high = given.get("low"), given.get("high")
        if isinstance(low, int | float) and isinstance(high, int | float) and low < high:
            logarithmic = given.get("log", False)
            if not (logarithmic and (low <= 0 or "step" in given)):
                return Range(**given)
    raise SweepError(
        f"{where} is {given!r}. Write a list of different values, or {{low, high}} with low < high "
        "and, if wanted, step, or log = true with low > 0."
    )


def check(spec: Spec) -> None:
    """Raises a `ContragradError` unless every value is in its setting's domain.

    Each is tried alone in the base: domains are of one setting each. Two spellings of one value
    would be the same run twice.
    """
    from derive.sources import find
    from train.config import RunConfig

    objective = find(spec.base["loss"])
    for stage in spec.stages:
        for name, given in stage.parameters.items():
            seen: dict[Any, Value] = {}
            for value in (given.low, given.high) if isinstance(given, Range) else given:
                options = spec.options({name: value})
                RunConfig(**options)
                found = objective.defaults(options["settings"])
                key = found[name.removeprefix(SETTINGS)] if name.startswith(SETTINGS) else value
                if key in seen:
                    raise SweepError(
                        f"{stage.name}, {name}: {seen[key]!r} and {value!r} are the same value. "
                        "Leave one out."
                    )
                seen[key] = value


def whole(value: Any, least: int) -> bool:
    """Whether it is an integer from `least`."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def known(given: Mapping[str, Any], names: tuple[str, ...], kind: str) -> None:
    """Raises `UnknownNameError` for an entry that is none of `names`."""
    for name in given:
        if name not in names:
            raise UnknownNameError(kind, str(name), names)
