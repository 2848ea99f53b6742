"""A modification as sections: what changed, what it was before, the new loss, and the recipe."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from derive.components import DISSIPATION, RATIO, WEIGHT
from derive.errors import ContragradError
from derive.paradigm import Decomposition
from derive.printing.boxes import Script, equation
from derive.printing.json import to_data
from derive.printing.layout import Typesetter
from derive.printing.parts import GD, I_, R, W, of_negative, why_undefined
from derive.printing.sections import Formula, Item, Section, Table
from derive.printing.sheet import build_sheet

if TYPE_CHECKING:
    from derive.modification.result import ModifyResult

_NAMES = {DISSIPATION: "GD_i", WEIGHT: "W_ij", RATIO: "R_i"}


def sections(result: "ModifyResult") -> tuple[Section, ...]:
    """The sheet of the new loss, with what changed after its heading and the recipe at its end."""
    heading, *rest = build_sheet(result.decomposition)
    changed = Section("What changed", tuple(_changed(result)))
    return (heading, changed, *rest, Section("Recipe", tuple(_recipe(result))))


def data(result: "ModifyResult") -> dict[str, Any]:
    """`recipe`, `changes` (component → what replaced it, null: kept), `dropped`, `agreement` (the
    gauge gives the components back), `before` (null: composed) and `after` as `derive show`."""
    before = result.before
    return {
        "recipe": result.recipe,
        "changes": {x.role: x.by or None for x in result.changes},
        "dropped": list(result.dropped),
        "agreement": {role: verdict.value for role, verdict in result.agreement.items()},
        "before": None if before is None else to_data(before),
        "after": to_data(result.decomposition),
    }


def _changed(result: "ModifyResult") -> Iterator[Item]:
    base = result.before
    if base is None:
        yield Table(tuple((x.role, _NAMES[x.role], x.by) for x in result.changes), heading=False)
    else:
        was = f"that of {base.objective.name}"
        rows = [(x.role, _NAMES[x.role], was, x.by or was) for x in result.changes]
        yield Table((("component", "", "before", "after"), *rows))
        yield f"The components of {base.objective.name}:"
        yield from _components(base)
    if result.dropped:
        yield f"Dropped: {', '.join(result.dropped)}; no component holds them."
    yield from _renamed(result)
    yield from _agreement(result)


def _components(d: Decomposition) -> Iterator[Item]:
    typeset = Typesetter(d.objective.hyper)
    yield Formula(equation(Script(GD, (I_,)), typeset(d.dissipation)))
    for view, weight in d.weight.items():
        yield Formula(equation(of_negative(W, view, d), typeset(weight)))
    if d.ratio is None:
        yield f"R_i is undefined: {why_undefined(d)}."
    elif d.ratio_diagonal != 0:
        yield "R_i is a diagonal matrix; its entry a is"
        yield Formula(equation(Script(R, (I_,)), typeset(d.ratio + d.ratio_diagonal)))
    else:
        yield Formula(equation(Script(R, (I_,)), typeset(d.ratio)))


def _renamed(result: "ModifyResult") -> Iterator[str]:
    for role, names in result.objective.plan.names.items():
        for own, name in names.items():
            if name != own:
                yield f"{own} of the {role} is called {name}: the loss has another {own}."


def _agreement(result: "ModifyResult") -> Iterator[str]:
    found = result.agreement
    if found and all(x.passed for x in found.values()):
        listed = ", ".join(_NAMES[role] for role in found)
        yield f"Derived again from the surrogate, {listed} are those put in (proved)."
    elif found:
        yield (
            "Derived again from the surrogate, GD_i and W_ij are split in another way than they "
            "were put in: a part that was kept holds the positive where the limit of the split "
            "cannot be taken or goes through the weight too. Their product is the same."
        )


def _recipe(result: "ModifyResult") -> Iterator[Item]:
    try:
        recipe = result.recipe
    except ContragradError as error:
        yield str(error)
        return
    rows = [(key, _text(value)) for key, value in recipe.items() if value not in (None, {})]
    yield Table(tuple(rows), heading=False)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={x}" for name, x in value.items())
    return str(value)
