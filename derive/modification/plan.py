"""What a modified loss is made of: its base, the components put in, and what is kept.

A component's hyper-parameter keeps its name where the loss has only one of that name. Else it is
told apart by its role, tau_gd, tau_w, u_r, and what the base keeps has the plain name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from sympy import Symbol

from derive.components import DISSIPATION, RATIO, ROLES, WEIGHT, Component, Place, read_component
from derive.components.spec import ComponentError
from derive.errors import HyperparameterError, UnknownNameError
from derive.hyper import Hyper
from derive.modification.kept import Kept, keep
from derive.nodes import H_PRIME, H
from derive.objective import BOTH, CROSS, SAME, Objective, Pool

PULL = "pull"  # as a ratio: the base's pull to the positive, whatever the push becomes
_SUFFIX = {DISSIPATION: ("gd", "GD"), WEIGHT: ("w", "W"), RATIO: ("r", "R")}
_VIEWS = {CROSS: (H_PRIME,), SAME: (H,), BOTH: (H_PRIME, H)}


@dataclass(frozen=True)
class Plan:
    """base: the loss that is modified (None: composed from components alone); components: role →
    what replaces it; pulls: the base's pull is kept while the push is replaced; pool: of the
    negatives, where there is no base; settings: hyper-parameter → new default.
    """

    base: Objective | None
    components: Mapping[str, Component]
    pulls: bool
    pool: Pool
    settings: Mapping[str, object]

    @cached_property
    def place(self) -> Place:
        if self.base is None:
            return Place(H, H_PRIME, _VIEWS[self.pool])
        return Place(self.base.anchor, self.base.positive, self.base.pools)

    @cached_property
    def kept(self) -> Kept | None:
        """What is kept of the base (None: nothing)."""
        whole = not self.pulls and len(self.components) == len(ROLES)
        if self.base is None or whole:
            return None
        return keep(self.base, self.components, pulls=self.pulls)

    @cached_property
    def names(self) -> dict[str, dict[str, str]]:
        """Role → the component's own name of a hyper-parameter → its name in the loss."""
        taken = {x.name for x in self.kept.hyper} if self.kept else set()
        own = [x.name for c in self.components.values() for x in c.hyper]
        names: dict[str, dict[str, str]] = {}
        for role, component in self.components.items():
            names[role] = {}
            for x in component.hyper:
                alone = own.count(x.name) == 1 and x.name not in taken
                name = x.name if alone else _free(f"{x.name}_{_SUFFIX[role][0]}", taken)
                taken |= {name}
                names[role][x.name] = name
        return names

    @cached_property
    def hyper(self) -> tuple[Hyper, ...]:
        """The base's that are still used, then those of the components."""
        found = list(self.kept.hyper) if self.kept else []
        for role, component in self.components.items():
            found += [_renamed(x, self.names[role][x.name], role) for x in component.hyper]
        known = {x.name: x for x in found}
        for name, value in self.settings.items():
            self._check(name, known)
            known[name] = replace(known[name], default=known[name].read(value))
        return tuple(known.values())

    def _check(self, name: str, known: Mapping[str, Hyper]) -> None:
        if name in known:
            return
        if self.base is not None and name in {x.name for x in self.base.hyper}:
            raise HyperparameterError(
                f"{name} is a hyper-parameter of {self.base.name} that nothing uses any more: "
                f"what it entered is replaced. Leave it out; there are {', '.join(known)}."
            )
        raise UnknownNameError("hyper-parameter", name, known)

    def symbols(self, role: str) -> dict[str, Symbol]:
        """The component's own name of a hyper-parameter → its symbol in the loss."""
        known = {x.name: x.symbol for x in self.hyper}
        return {own: known[name] for own, name in self.names[role].items()}


def _free(name: str, taken: set[str]) -> str:
    candidates = (f"{name}{n}" for n in range(2, 100))
    return name if name not in taken else next(x for x in candidates if x not in taken)


def _renamed(x: Hyper, name: str, role: str) -> Hyper:
    if name == x.name:
        return x
    below = _SUFFIX[role][1] + name.removeprefix(f"{x.name}_{_SUFFIX[role][0]}")
    return replace(
        x,
        name=name,
        display=f"{x.display}_{below}",
        latex=rf"{x.latex}_{{\mathrm{{{below}}}}}",
        meaning=f"{x.meaning}; of the {role}",
    )


def read_plan(
    base: Objective | None,
    specs: Mapping[str, object],
    *,
    pool: Pool = CROSS,
    settings: Mapping[str, object] | None = None,
) -> Plan:
    """A plan from the texts of its components (None or "keep": the base's).

    Raises `ComponentError` where a component is missing or does not fit, and as `read_component`.
    """
    given = {role: text for role, text in specs.items() if text not in (None, "keep")}
    pulls = given.get(RATIO) == PULL
    if pulls:
        del given[RATIO]
    components = {role: read_component(role, given[role]) for role in ROLES if role in given}
    missing = [role for role in ROLES if role not in components]
    if base is None and missing:
        raise ComponentError(
            f"a loss without a base needs a {missing[0]}, and none was given. Choose one, or "
            "name the loss to modify."
        )
    if base is not None and not base.pools and WEIGHT in components:
        raise ComponentError(
            f"{base.name} has no negatives to weigh. Build the loss from components alone, with "
            "a pool: derive compose --gd … --weight … --ratio … --pool cross-view."
        )
    return Plan(base, components, pulls, pool, dict(settings or {}))
