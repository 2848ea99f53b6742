"""What a modification did: component by component, before and after, and the loss that results."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sympy import Expr

from derive.components import DISSIPATION, RATIO, ROLES, WEIGHT
from derive.identity import plainly_zero
from derive.modification.modified import Modified
from derive.modification.recipes import recipe_of
from derive.nodes import View
from derive.paradigm import Decomposition, decompose
from derive.presentable import Presentable
from derive.verdict import Verdict

if TYPE_CHECKING:
    from derive.printing.sections import Section


@dataclass(frozen=True)
class Change:
    """One component. by: the text of what replaced it (empty: kept). before, after: its
    expressions, a view of the negatives each for a weight; before is empty without a base."""

    role: str
    by: str
    before: Mapping[View | None, Expr | None]
    after: Mapping[View | None, Expr | None]


@dataclass(frozen=True)
class ModifyResult(Presentable):
    """A modified (or composed) loss with its derived decomposition.

    objective: the surrogate, an `Objective`; decomposition: derived from it, by the same gauge as
    any other's; before: the base's (None: composed from components alone); changes: by component;
    agreement: role → whether the gauge gives the component back as it was put in (empty without
    negatives; a kept pull is no ratio).
    """

    objective: Modified
    decomposition: Decomposition
    before: Decomposition | None

    @property
    def recipe(self) -> dict[str, Any]:
        """What the loss is built again from."""
        return recipe_of(self.objective)

    @property
    def changes(self) -> tuple[Change, ...]:
        plan = self.objective.plan
        by = {role: x.spec for role, x in plan.components.items()}
        if plan.pulls:
            by[RATIO] = "the base's pull"
        return tuple(
            Change(
                role,
                by.get(role, ""),
                {} if self.before is None else _of_role(self.before, role),
                _of_role(self.decomposition, role),
            )
            for role in ROLES
        )

    @cached_property
    def agreement(self) -> Mapping[str, Verdict]:
        put_in, d = self.objective.ingredients, self.decomposition
        if not d.weight:
            return {}
        differences: dict[str, list[Expr]] = {
            DISSIPATION: [d.dissipation - put_in.dissipation],
            WEIGHT: [a - put_in.weight[view] for view, a in d.weight.items()],
        }
        if put_in.positive.relative and d.ratio is not None:
            differences[RATIO] = [d.ratio - put_in.positive.scalar]
        return {role: _all_vanish(x) for role, x in differences.items()}

    @property
    def dropped(self) -> tuple[str, ...]:
        """What the base's gradient has and no component holds."""
        if self.before is None:
            return ()
        parts = [f"the remainder of {x.summand or 'its term'}" for x in self.before.remainder]
        return (*parts, *(["its radial part"] if self.before.radial != 0 else []))

    def sections(self) -> "tuple[Section, ...]":
        from derive.printing.modify import sections

        return sections(self)

    def data(self) -> dict[str, Any]:
        from derive.printing.modify import data

        return data(self)


def explain(objective: Modified) -> ModifyResult:
    """Derive a modified loss and set it beside its base."""
    base = objective.plan.base
    kept = objective.plan.kept
    before = kept.decomposition if kept else None if base is None else decompose(base)
    return ModifyResult(objective, decompose(objective), before)


def _of_role(d: Decomposition, role: str) -> Mapping[View | None, Expr | None]:
    if role == WEIGHT:
        return dict(d.weight)
    return {None: d.dissipation if role == DISSIPATION else d.ratio}


def _all_vanish(differences: list[Expr]) -> Verdict:
    proved = all(map(plainly_zero, differences))
    return Verdict.PROVED if proved else Verdict.UNDECIDED
