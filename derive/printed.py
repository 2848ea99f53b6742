"""A paper's row of components against the derived gradient: is it right, and when?"""

from dataclasses import dataclass, replace

from sympy import Expr

from derive.coefficients import over_others
from derive.conditions import Condition, Equality, equality
from derive.nodes import ANCHOR, FEATURE, NEGATIVE, Component
from derive.notation import sum_samples
from derive.objective import PrintedRow
from derive.paradigm import Decomposition, revealed


@dataclass(frozen=True)
class Comparison:
    """A printed row, and in which sense GD Σ W (n − R h') of it is the derived gradient."""

    row: PrintedRow
    equality: Equality


def compare_printed(decomposition: Decomposition) -> tuple[Comparison, ...]:
    """Every printed row of the objective, compared as a whole vector."""
    objective = decomposition.objective
    return tuple(
        Comparison(row, equality(_difference(decomposition, row))) for row in objective.printed
    )


def own_equality(decomposition: Decomposition) -> Equality:
    """In which sense the derived GD Σ W (n − R h') alone is the gradient."""
    parts = [part.component for part in decomposition.remainder]
    objective = decomposition.objective
    radial = decomposition.radial * Component(objective.anchor, ANCHOR, FEATURE)
    if decomposition.ratio is None:
        pull = revealed(decomposition.coefficients.pull)
        c = decomposition.coefficients
        parts.append(-(pull + c.diagonal) * Component(objective.positive, ANCHOR, FEATURE))
        parts += [-over_others(view, b) for view, b in c.positives.items()]
    found = equality(sum(parts, radial))
    if found.holds and decomposition.ratio_condition:
        active = Condition("active negative", decomposition.ratio_condition, lambda e: e)
        return replace(found, conditions=(*found.conditions, active))
    return found


def _difference(decomposition: Decomposition, row: PrintedRow) -> Expr:
    objective = decomposition.objective
    x = objective.parameters(decomposition.coefficients.settings)
    i, j = ANCHOR, NEGATIVE
    scale = row.dissipation(i, j, x) * row.weight(i, j, x)
    term = scale * (
        Component(objective.pools[0], j, FEATURE)
        - row.ratio(i, j, x) * Component(objective.positive, i, FEATURE)
    )
    printed = sum_samples(lambda k: term.xreplace({j: k}), other_than=i)
    return revealed(decomposition.coefficients.assembled()) - printed
