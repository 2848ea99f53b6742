"""A modified or composed loss as plain data, to be saved and built again.

    {"version": 1, "kind": "modify", "base": "vicreg", "dissipation": "hinge:m=3/10",
     "weight": null, "ratio": "pull", "settings": {"nu_inv": "2"}}

kind "compose" has "pool" ("cross-view", "same-view" or "both views") instead of "base". A
component that is null is the base's.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, get_args

from derive.components import DISSIPATION, RATIO, ROLES, WEIGHT
from derive.errors import ContragradError, UnknownNameError
from derive.modification.modified import Modified
from derive.objective import CROSS, NONE, Objective, Pool

VERSION = 1
POOLS = tuple(x for x in get_args(Pool) if x != NONE)
_KEYS = {"modify": {"base"}, "compose": {"pool"}}
_COMMON = {"version", "kind", *ROLES, "settings"}
_open: ContextVar[tuple[str, ...]] = ContextVar("recipes being read", default=())


class RecipeError(ContragradError):
    """A recipe that cannot be read, or a loss that has none."""


def build(
    base: str | Objective | None,
    components: Mapping[str, str | None],
    *,
    pool: Pool = CROSS,
    settings: Mapping[str, object] | None = None,
    name: str | None = None,
) -> Modified:
    """The modified loss of these texts, as an instance of a class of its own.

    base: None to compose from components alone, with negatives from `pool`. Raises as
    `derive.plan.read_plan` and `derive.hyper.read_settings`.
    """
    stem = base.name if isinstance(base, Objective) else base
    attributes: dict[str, Any] = {
        "name": name or ("composed" if stem is None else f"{stem}_modified"),
        "base": base,
        "gd": components.get(DISSIPATION),
        "weight": components.get(WEIGHT),
        "ratio": components.get(RATIO),
        "settings": dict(settings or {}),
        "__module__": __name__,
        "__reduce__": _reduced,
    }
    if base is None:
        attributes["pool"] = _known_pool(pool)
    kind = type("ModifiedLoss", (Modified,), attributes)
    objective: Modified = kind()
    _ = objective.hyper, objective.inputs  # what cannot be built raises here
    return objective


def _reduced(self: Modified) -> tuple[Any, ...]:
    """Pickled as its texts: a class made here cannot be found by name."""
    return _rebuilt, (self.base, self.specs(), self.pool, self.settings, self.name)


def _rebuilt(base: Any, components: Any, pool: Pool, settings: Any, name: str) -> Modified:
    return build(base, components, pool=pool, settings=settings, name=name)


def _known_pool(pool: object) -> Any:
    if pool not in POOLS:
        raise UnknownNameError("pool", str(pool), POOLS)
    return pool


def recipe_of(objective: Modified) -> dict[str, Any]:
    """The recipe of a modified loss. Raises `RecipeError` if no name leads to its base."""
    plan = objective.plan
    specs = {role: x.spec for role, x in plan.components.items()}
    own: dict[str, Any] = {"kind": "compose", "pool": objective.pool}
    if objective.base is not None:
        own = {"kind": "modify", "base": _named_base(objective.base)}
        if plan.pulls:
            specs[RATIO] = objective.ratio or ""
    components = {role: specs.get(role) for role in ROLES}
    settings = {name: str(value) for name, value in objective.settings.items()}
    return {"version": VERSION, **own, **components, "settings": settings}


def _named_base(base: str | Objective) -> str:
    from derive.sources import find, located

    if isinstance(base, str):
        return located(base)

    try:
        found = find(base.name)
    except ContragradError:
        found = None
    if type(found) is not type(base):
        raise RecipeError(
            f"{base.name} is an objective of this session and no name leads to it, so what is "
            "made of it cannot be saved. Give the base by name, or as FILE.py:NAME."
        )
    return base.name


def from_recipe(recipe: Mapping[str, Any], name: str | None = None) -> Modified:
    """The loss of a recipe; name: how it is called (else after its base).

    Raises `RecipeError` for anything that is not a recipe, and as `build`.
    """
    kind = _checked(recipe)
    base = recipe["base"] if kind == "modify" else None
    components = {role: recipe.get(role) for role in ROLES}
    settings, pool = recipe.get("settings") or {}, recipe.get("pool", CROSS)
    with _entered(base):
        return build(base, components, pool=pool, settings=settings, name=name)


def _checked(recipe: Mapping[str, Any]) -> str:
    if not isinstance(recipe, Mapping):
        raise RecipeError(f"a recipe is a mapping, and {recipe!r} is none. See derive/recipes.py.")
    if recipe.get("version") != VERSION:
        raise RecipeError(
            f"the recipe has version {recipe.get('version')!r}, and {VERSION} is read here. Save "
            "the loss again, or use the contragrad that wrote it."
        )
    kind = recipe.get("kind")
    if kind not in _KEYS:
        raise UnknownNameError("kind of recipe", str(kind), _KEYS)
    for key in recipe:
        if key not in _COMMON | _KEYS[kind]:
            raise UnknownNameError(f"entry of a recipe ({kind})", str(key), _COMMON | _KEYS[kind])
    _check_texts(recipe, kind)
    return str(kind)


def _check_texts(recipe: Mapping[str, Any], kind: str) -> None:
    for key in (*ROLES, *_KEYS[kind]):
        value = recipe.get(key)
        optional = key in ROLES
        if not (isinstance(value, str) or (optional and value is None)):
            raise RecipeError(
                f"{key} of the recipe is {value!r}. Write it as text"
                f"{', or null for that of the base' if optional else ''}."
            )
    if not isinstance(recipe.get("settings") or {}, Mapping):
        raise RecipeError(
            f"settings of the recipe are {recipe['settings']!r}. Write NAME: VALUE pairs."
        )


@contextmanager
def _entered(base: str | None) -> Iterator[None]:
    """While the base is looked up: a saved loss may be the base of another, not of itself."""
    if base is not None and base in _open.get():
        raise RecipeError(f"{base} is, through others, its own base. Save it from another loss.")
    token = _open.set((*_open.get(), *([base] if base else [])))
    try:
        yield
    finally:
        _open.reset(token)
