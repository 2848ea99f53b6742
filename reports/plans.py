"""Which runs a figure or table needs: recipes, and what is added to them to be measured."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from reports.errors import NeedsMeasurementsError, NeedsRunsError, RunRecordError
from reports.items import Item
from reports.papers.recipes import EVALUATED, MEASURED, expanded
from reports.records import Records
from reports.runs import Run

HELD_OUT = 0.1  # 001, App. A.2: "we randomly hold out 10% of the data"
SUFFIX = "-measured"
PARTS = 10  # a run is measured before it, after it, and so often between


@dataclass(frozen=True)
class Planned:
    """Runs of one recipe. measured: text is held out and measured, which the recipe may not ask
    for; tasks: what of `train eval` is scored after training, as its --tasks has it."""

    recipe: str
    measured: bool = False
    tasks: str = ""

    @property
    def folder(self) -> str:
        """The folder's name: the recipe's, unless the runs are not as the recipe has them."""
        return self.recipe + (SUFFIX if self.measured and not self._own else "")

    @property
    def _own(self) -> bool:
        """Whether the recipe holds out text itself."""
        from train.recipes import recipes

        return "held_out" in recipes()[self.recipe].overrides

    def options(self, small: bool) -> dict[str, Any]:
        """What `train.config.RunConfig` takes, without the seed."""
        from train.recipes import recipe

        options = recipe(self.recipe, small)
        if self.measured or self._own:
            options["overrides"] = measuring(options["overrides"])
        return options


def measuring(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The overrides with text held out, and measured ten times or more where the steps are known.

    Where they follow from the text, the protocol's default does the same.
    """
    found = {"held_out": HELD_OUT} | dict(overrides)
    if "steps" in found:
        tenth = max(1, found["steps"] // PARTS)
        found["measure_every"] = min(tenth, found.get("measure_every", tenth))
    return found


def planned(items: Iterable[Item]) -> tuple[Planned, ...]:
    """The runs of all items, each once, with every task that one of the items shows."""
    tasks: dict[tuple[str, bool], str] = {}
    for item in items:
        for recipe in expanded(item.recipes):
            key = recipe, item.name in MEASURED
            words = [tasks.get(key, ""), EVALUATED.get(item.name, "")]
            tasks[key] = ",".join(dict.fromkeys(x for word in words for x in word.split(",") if x))
    return tuple(Planned(recipe, measured, found) for (recipe, measured), found in tasks.items())


def either(records: Records, recipe: str) -> tuple[Run, ...]:
    """The runs of a recipe that were made to be measured, or else those as the recipe has them."""
    return records.runs(recipe + SUFFIX) or records.runs(recipe)


def measured(records: Records, recipes: Iterable[str]) -> dict[str, tuple[Run, ...]]:
    """The runs of each recipe that were measured on held-out text.

    Raises `NeedsRunsError` where a recipe has no runs, `NeedsMeasurementsError` where those there
    are were not measured, `RunRecordError` where only some of a recipe's were: a mean over the
    rest would pass for one over all.
    """
    found, missing, without = {}, [], []
    some: list[tuple[str, Run]] = []
    for recipe in recipes:
        runs = either(records, recipe)
        kept = tuple(run for run in runs if any(x["held_out"] for x in run.measurements))
        found[recipe] = kept
        if not runs:
            missing.append(recipe)
        elif not kept:
            without.append(recipe)
        else:
            some += [(recipe, run) for run in runs if run not in kept]
    if missing:
        raise NeedsRunsError(missing)
    if without:
        raise NeedsMeasurementsError(without)
    if some:
        _refuse(some)
    return found


def _refuse(unmeasured: Sequence[tuple[str, Run]]) -> NoReturn:
    """Runs, with their recipe, beside others of it that were measured."""
    recipes = ", ".join(dict.fromkeys(recipe for recipe, _ in unmeasured))
    folders = ", ".join(run.path for _, run in unmeasured)
    raise RunRecordError(
        f"{folders}: no measurement of held-out text, which other runs of {recipes} hold. Make "
        "these runs again with `reports record` in another folder, or take them out of --runs."
    )
