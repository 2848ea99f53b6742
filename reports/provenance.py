"""What a figure's runs were made of, and where that is not the recipe's setting: for captions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from reports.errors import RunRecordError
from reports.outputs import Settings
from reports.runs import Run

NEW_ENCODER = "a small new BERT"
EMBEDDED = "the embedded text"
SCALED = "Not the paper's setting: this shows that the figure can be made, not the paper's result."
# How a run is recorded, and how its rows are computed: it is the same run without.
_SAME = {"measure_every", "save_every", "one_pass", "trim", "mini_batch", "compile"}
_MEASURING = {"held_out"}  # told, and no other setting
_MOST = 4  # values that are spelled out


@dataclass(frozen=True)
class Provenance:
    """sentences: of a caption; settings: of `outputs.Picture`; scaled: whether the runs are not
    the recipes' at full size."""

    sentences: str
    settings: Settings
    scaled: bool


def provenance(found: Mapping[str, Sequence[Run]]) -> Provenance:
    """Of the runs by recipe. Raises `RunRecordError` for a run of another loss than its recipe."""
    runs = [run for some in found.values() for run in some]
    for recipe, some in found.items():
        refuse_other_losses(recipe, some)
    other = differences(found)
    scaled = any(name not in _MEASURING for name in other)
    told = ", ".join(f"{name.replace('_', ' ')} {x.now} ({x.recipe}){x.part}"
                     for name, x in other.items())  # fmt: skip
    parts = [made_of(runs)]
    if told:
        parts.append(f"In brackets what the recipes have: {told}.")
    if scaled:
        parts.append(SCALED)
    unfinished = sum(run.scores("after") is None for run in runs)
    if unfinished:
        parts.append(f"{unfinished} of {len(runs)} runs are not finished.")
    return Provenance(" ".join(parts), settings(found), scaled)


def made_of(runs: Sequence[Run]) -> str:
    """Encoder, text, steps and seeds in a sentence."""
    schedules = [run.config.get("schedule", {}) for run in runs]
    corpora = [run.config.get("corpus", {}) for run in runs]
    steps = _several(x.get("steps") for x in schedules)
    rows = _several(x.get("batch_size") for x in schedules)
    seeds = _several(run.config["options"].get("seed") for run in runs)
    return (
        f"{len(runs)} training run{'s' if len(runs) > 1 else ''}: encoder "
        f"{_several(_name(run, 'model') for run in runs)}; text "
        f"{_several(x.get('name') for x in corpora)}, {_several(x.get('rows') for x in corpora)} "
        f"rows; {steps} steps of {rows} rows; seed {seeds}."
    )


@dataclass(frozen=True)
class Difference:
    """A setting that is not the recipe's. now: as run; recipe: as in the recipes; part: " in 1 of 3
    runs", empty where it is so in all."""

    now: str
    recipe: str
    part: str


def differences(found: Mapping[str, Sequence[Run]]) -> dict[str, Difference]:
    """By setting."""
    pairs: dict[str, list[tuple[Any, Any]]] = {}
    for recipe, runs in found.items():
        for run in runs:
            for name, now, paper in _differing(recipe, run):
                pairs.setdefault(name, []).append((now, paper))
    n = sum(map(len, found.values()))
    return {
        name: Difference(
            _several(now for now, _ in some),
            _several(paper for _, paper in some),
            "" if len(some) == n else f" in {len(some)} of {n} runs",
        )
        for name, some in pairs.items()
    }


def _differing(recipe: str, run: Run) -> Iterable[tuple[str, Any, Any]]:
    """(setting, as run, as in the recipe)."""
    from train.config import RunConfig
    from train.protocols import Protocol
    from train.recipes import recipes

    paper = RunConfig(**recipes()[recipe].options())
    here = RunConfig(**run.config["options"])
    yield from _unless_same("encoder", _name(run, "model"), Path(str(paper.model)).name)
    yield from _unless_same("text", _name(run, "corpus"), Path(str(paper.corpus)).name)
    sentences = "all" if here.max_sentences is None else here.max_sentences
    yield from _unless_same("sentences", sentences, "all")
    hidden = _SAME | ({"head_std"} if here.chosen.head == "none" else set())
    for each in fields(Protocol):
        if each.name in hidden:
            continue
        now, then = getattr(here.chosen, each.name), getattr(paper.chosen, each.name)
        yield from _unless_same(each.name, _shown(each.name, now), _shown(each.name, then))


def _unless_same(name: str, now: Any, paper: Any) -> Iterable[tuple[str, Any, Any]]:
    if now != paper:
        yield name, now, paper


def _shown(name: str, value: Any) -> Any:
    """What None stands for."""
    words = {"steps": "one epoch", "pooling": "the encoder's", "dropout": "the encoder's",
             "eval_every": "never", "measure_every": "a tenth"}  # fmt: skip
    return words.get(name, "none") if value is None else value


def settings(found: Mapping[str, Sequence[Run]]) -> Settings:
    """The folders of the runs by recipe, and what they share."""
    runs = [run for some in found.values() for run in some]
    made: dict[str, Any] = {
        "encoder": _several(_name(run, "model") for run in runs),
        "text": _several(_name(run, "corpus") for run in runs),
        "seeds": _several(run.config["options"].get("seed") for run in runs),
    }
    for name, x in differences(found).items():
        made[name] = f"{x.now} (recipe: {x.recipe}){x.part}"
    return made | {
        f"runs of {recipe}": ", ".join(_folder(recipe, run) for run in some)
        for recipe, some in found.items()
    }


def _folder(recipe: str, run: Run) -> str:
    """seed-0; X-measured/seed-0 where it does not lie in the recipe's own folder."""
    path = Path(run.path)
    alone = path.name == recipe or not path.name.startswith("seed-")
    return path.name if alone or path.parent.name == recipe else f"{path.parent.name}/{path.name}"


def _name(run: Run, what: str) -> str:
    """The encoder's or the text's name without its folder."""
    value = run.config["options"].get(what)
    return Path(value).name if value else {"model": NEW_ENCODER, "corpus": EMBEDDED}[what]


def _several(values: Iterable[Any]) -> str:
    """Each value once: a, b or c; numbers in order, from the least to the greatest if many."""
    each = list({_number(x): x for x in ("unknown" if y is None else y for y in values)}.values())
    if all(isinstance(x, int | float) and not isinstance(x, bool) for x in each):
        each.sort()
        if len(each) > _MOST:
            return f"{_number(each[0])} to {_number(each[-1])}"
    words = [_number(x) for x in each]
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def refuse_other_losses(recipe: str, runs: Sequence[Run]) -> None:
    """Raises `RunRecordError` for a run of another loss, or other hyper-parameters, than its
    recipe's."""
    from train.recipes.listing import known_recipe

    wanted = known_recipe(recipe)
    for run in runs:
        own = run.config["options"].get("settings", {})
        if run.loss != wanted.loss or not same_settings(own, wanted.settings):
            given = ", ".join(f"{x} = {y}" for x, y in own.items())
            raise RunRecordError(
                f"{run.path} is a run of {run.loss} ({given}), not of the recipe {recipe}. Make "
                "the recipe's with `reports record`, or leave this folder out of --runs."
            )


def same_settings(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the names are the same, and the values as numbers: 0.30 is 0.3."""
    from reports.papers.hyperparameters.data import same

    return one.keys() == other.keys() and all(same(str(one[x]), str(other[x])) for x in one)
