"""The formulas that every sheet has: the paradigm and the names of its parts."""

from derive.nodes import View
from derive.objective import Objective
from derive.paradigm import Decomposition
from derive.printing.boxes import (
    MINUS,
    SUM,
    UNEQUAL,
    Big,
    Box,
    Fenced,
    Leaf,
    Row,
    Script,
    leaf,
    view_leaf,
)

I_, J_, K_, A = leaf("i"), leaf("j"), leaf("k"), leaf("a")
V = leaf("V")
THIN = leaf(" ", r"\,")
GD, W, R, RHO = leaf("GD", r"\mathrm{GD}"), leaf("W"), leaf("R"), leaf("ρ", r"\rho")
REMAINDER = Leaf("remainder", r"\text{remainder}")


def scalar_name(objective: Objective) -> Box:
    """L_i, or L for a scalar of the batch."""
    return Script(leaf("L"), (I_,)) if objective.differentiated == "anchor" else leaf("L")


def paradigm_box(d: Decomposition) -> Box:
    """GD_i Σ_{j≠i} W_ij (n_j − R_i h'_i)."""
    views = list(d.weight)
    negative = Script(view_leaf(views[0]), (J_,)) if len(views) == 1 else Script(leaf("n"), (J_,))
    parts: list[Box] = [negative]
    parts += [MINUS, Row((Script(R, (I_,)), THIN, Script(view_leaf(d.objective.positive), (I_,))))]
    for view in d.ratios:
        other = Row((of_other(R, view), THIN, Script(view_leaf(view), (K_,))))
        parts += [MINUS, Big(SUM, Row((K_, UNEQUAL, I_)), other)]
    inner = Fenced("(", Row(tuple(parts)), ")")
    total = over_negatives(Row((Script(W, (I_, J_)), THIN, inner)))
    return Row((Script(GD, (I_,)), THIN, total))


def over_negatives(body: Box) -> Box:
    """Σ_{j≠i} of a body."""
    return Big(SUM, Row((J_, UNEQUAL, I_)), body)


def of_negative(symbol: Leaf, view: View, d: Decomposition) -> Box:
    """x_ij; with negatives from two views x_ij for h_j and x_ij' for h'_j."""
    second = len(d.weight) > 1 and view.name.endswith("'")
    return Script(symbol, (I_, leaf("j'") if second else J_))


def of_other(symbol: Leaf, view: View) -> Box:
    """x_ik for h_k, x_ik' for h'_k: of another positive."""
    return Script(symbol, (I_, leaf("k'") if view.name.endswith("'") else K_))


def why_undefined(d: Decomposition) -> str:
    """Why there is no ratio."""
    return "the pushes sum to zero" if d.coefficients.push else "there are no negatives"
