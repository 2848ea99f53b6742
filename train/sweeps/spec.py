"""What a sweep is made of: the base run, the stages, the score to choose by."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, Literal

from train.sweeps.runs import Options

SETTINGS = "settings."  # a parameter "settings.m" is the loss's m; "lr" is the protocol's
SAMPLERS = ("grid", "random", "tpe")
DIRECTIONS = ("maximize", "minimize")
METRIC = "STS-B dev, Spearman"

Value = float | int | str | bool


@dataclass(frozen=True)
class Range:
    """An interval to draw from, ends included. log: uniform in the logarithm; step: a lattice."""

    low: float | int
    high: float | int
    log: bool = False
    step: float | int | None = None


@dataclass(frozen=True)
class Stage:
    """One search. Each parameter is a list of values, or (not in a grid) a `Range`.

    trials: how many are drawn; None in a grid, which has one for each combination.
    """

    name: str
    sampler: str
    parameters: Mapping[str, tuple[Value, ...] | Range]
    trials: int | None = None

    def points(self) -> list[dict[str, Value]]:
        """The combinations of a grid, the last parameter varying first."""
        lists = [x for x in self.parameters.values() if not isinstance(x, Range)]
        return [dict(zip(self.parameters, x, strict=True)) for x in product(*lists)]

    @property
    def size(self) -> int:
        """The number of trials."""
        if self.trials is not None:
            return self.trials
        return prod(len(x) for x in self.parameters.values() if not isinstance(x, Range))


@dataclass(frozen=True)
class Spec:
    """A sweep: its stages one after the other, each from the best trial of those before it.

    name: of the study in the storage; base: what every run has in common (`RunConfig` without a
    seed); seeds: of each trial, whose value is their mean of `metric`.
    """

    name: str
    base: Options
    stages: tuple[Stage, ...]
    seeds: tuple[int, ...] = (0,)
    metric: str = METRIC
    direction: Literal["maximize", "minimize"] = "maximize"
    source: str = ""
    note: str = ""

    def options(self, parameters: Mapping[str, Value]) -> dict[str, Any]:
        """The options of a run with these parameters in place of the base's."""
        settings, overrides = dict(self.base["settings"]), dict(self.base["overrides"])
        for name, value in parameters.items():
            if name.startswith(SETTINGS):
                settings[name.removeprefix(SETTINGS)] = str(value)
            else:
                overrides[name] = value
        return dict(self.base) | {"settings": settings, "overrides": overrides}

    def record(self) -> dict[str, Any]:
        """What two workers must agree on: all of it, and of files their names only."""
        base = {name: x for name, x in self.base.items() if name != "device"}
        for name in ("corpus", "eval_data", "model", "loss"):
            if base.get(name) is not None:
                base[name] = Path(str(base[name])).name
        return {
            "base": base,
            "stages": [stage_record(x) for x in self.stages],
            "seeds": list(self.seeds),
            "metric": self.metric,
            "direction": self.direction,
        }


def stage_record(stage: Stage) -> dict[str, Any]:
    """A stage as plain data."""
    parameters = {
        name: vars(x) if isinstance(x, Range) else list(x) for name, x in stage.parameters.items()
    }
    return {**vars(stage), "parameters": parameters}
