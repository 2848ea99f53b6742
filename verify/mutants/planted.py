"""A loss with another formula: the mutant of an edit, as an objective like any other."""

from typing import Any

from sympy import Expr

from derive.nodes import ANCHOR, Stop, View
from derive.objective import Objective, Terms, definitions_in
from verify.edits.walk import mapped


def with_formula(objective: Objective, formula: Expr) -> Objective:
    """The objective whose formula is another one of the anchor i, in the same hyper-parameters.

    It states what the original states, and stop-gradients as the formula has them.
    """

    def terms(self: Objective, i: Expr, x: Any) -> Expr | Terms:
        given = {h.symbol: getattr(x, h.name) for h in self.hyper}
        fixed = {symbol: value for symbol, value in given.items() if value != symbol}
        at = formula.xreplace({ANCHOR: i})
        return mapped(at, lambda e: fixed.get(e, e)) if fixed else at

    stated = ("title", "source", "differentiated", "reduction", "pool", "embeddings", "inputs")
    attributes = {name: getattr(objective, name) for name in (*stated, "hyper")}
    stops = objective.stop_gradients if objective.stop_gradients != "none" else "as planted"
    kind = type(
        f"{type(objective).__name__}Mutant",
        (Objective,),
        {
            **attributes,
            "name": objective.name,
            "stop_gradients": stops if has_stops(formula) else "none",
            "terms": terms,
        },
    )
    mutant: Objective = kind()
    return mutant


def has_stops(e: Expr) -> bool:
    """Whether a gradient is stopped anywhere, also inside definitions."""
    bodies = (e, *[d.body for d in definitions_in(e)])
    return any(x.has(Stop) or any(v.stopped for v in x.atoms(View)) for x in bodies)
