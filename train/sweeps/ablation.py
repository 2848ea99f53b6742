"""An ablation: a loss, then its dissipation, weight and ratio replaced one after the other.

The order and the star are those of 001 (arXiv:2402.18281), Table 5: cumulative, and no step for a
weight that is on the hardest negative alone already.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive import store
from derive.modification import Modified, modify, recipe_of
from derive.nodes import Delta
from derive.objective import Objective
from derive.paradigm import decompose
from derive.sources import find
from train.errors import ConfigError

ORIGINAL, GD, WEIGHT, RATIO = "original", "+ GD", "+ W", "+ R"
# What stands in Table 5: the catalogue's own modified losses, each by `derive.modification`.
TABLE_5: Mapping[str, tuple[str, str | None, str]] = {
    "mhe": ("mhe_gd", "mhe_gd_w", "mmhe"),
    "mhs": ("mhs_gd", None, "mmhs"),
    "barlow_twins": ("barlow_twins_gd", "barlow_twins_gd_w", "mbarlow"),
    "vicreg": ("vicreg_gd", "vicreg_gd_w", "mvicreg"),
}
# For any other loss: the baseline of §3.2.
DEFAULTS = {"gd": "hinge:m=0.3", "weight": "softmax:tau=0.05", "ratio": "1"}


@dataclass(frozen=True)
class Step:
    """One column of Table 5. loss: what `derive.sources.find` takes, None where the weight needs
    no change (the star); settings: those of the user's that this loss has."""

    label: str
    slug: str
    loss: str | None
    settings: Mapping[str, str]


def steps(
    loss: str, folder: Path, components: Mapping[str, str | None], settings: Mapping[str, str]
) -> list[Step]:
    """The steps of a loss. What is no loss of the catalogue is saved in `folder`, once.

    components: gd, weight, ratio in place of the defaults (None: default; with any given, a loss
    of Table 5 is modified by these too). settings: hyper-parameters, each for every step that has
    it.

    Raises as `derive.modification.modify`, and `ConfigError` for a setting that no step has.
    """
    original = find(loss)
    given = {role: text for role, text in components.items() if text is not None}
    if loss in TABLE_5 and not given:
        specs: tuple[str | None, ...] = (loss, *TABLE_5[loss])
    else:
        parts = defaults(loss) | given
        specs = (loss, *built(original, loss, folder, parts, "weight" in given))
    slugs = ("original", "gd", "gd-w", "gd-w-r")
    labels = (ORIGINAL, GD, WEIGHT, RATIO)
    taken = [taken_by(spec, settings) for spec in specs]
    unused = set(settings) - {name for x in taken for name in x}
    if unused:
        raise ConfigError(
            f"--set {', '.join(sorted(unused))}: neither {loss} nor its modifications have it. "
            f"`derive show {loss}` lists the hyper-parameters."
        )
    return [Step(*x) for x in zip(labels, slugs, specs, taken, strict=True)]


def defaults(loss: str) -> dict[str, str]:
    """The components of a loss of Table 5, else the baseline's."""
    if loss not in TABLE_5:
        return dict(DEFAULTS)
    modified = find(TABLE_5[loss][2])
    assert isinstance(modified, Modified)
    return {name: str(getattr(modified, name)) for name in DEFAULTS}


def built(
    original: Objective, loss: str, folder: Path, parts: Mapping[str, str], weigh: bool
) -> tuple[str, str | None, str]:
    """The three modifications of any loss, as files of saved losses.

    weigh: replace the weight even where it is on the hardest negative alone.
    """
    gd, weight, ratio = parts["gd"], parts["weight"], parts["ratio"]
    starred = not weigh and on_hardest_alone(original)
    first = modify(loss, gd=gd)
    second = None if starred else modify(loss, gd=gd, weight=weight, ratio="pull")
    third = modify(loss, gd=gd, weight=None if starred else weight, ratio=ratio)
    return (
        saved(recipe_of(first), folder / "gd.json"),
        None if second is None else saved(recipe_of(second), folder / "gd-w.json"),
        saved(recipe_of(third), folder / "gd-w-r.json"),
    )


def on_hardest_alone(objective: Objective) -> bool:
    """Whether a loss weighs no negative but the hardest one: then its weight needs no change."""
    weights = decompose(objective).weight.values()
    return bool(weights) and all(w.replace(Delta, lambda *_: 0) == 0 for w in weights)


def saved(recipe: Mapping[str, Any], path: Path) -> str:
    """The path of a saved recipe. Raises `ConfigError` if another one is there."""
    if not path.exists():
        store.save(path, recipe)
    elif store.read(path) != dict(recipe):
        raise ConfigError(
            f"{path} is another loss than this ablation's. Choose another folder with --out."
        )
    return str(path)


def taken_by(spec: str | None, settings: Mapping[str, str]) -> dict[str, str]:
    """The settings that a loss has, checked by it."""
    if spec is None:
        return {}
    objective = find(spec)
    names = {x.name for x in objective.hyper}
    taken = {name: text for name, text in settings.items() if name in names}
    objective.defaults(taken)
    return taken
