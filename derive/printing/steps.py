"""The derivation, rule by rule: every rule that was applied, to what, with what result."""

import re

from sympy import Expr

from derive.calculus import _rule
from derive.coefficients import differentiate
from derive.nodes import Component, Inner
from derive.paradigm import Decomposition
from derive.printing.boxes import Box, Fenced, Leaf, Row, equation, leaf
from derive.printing.layout import Typesetter
from derive.printing.sheet import Formula, Item, Section


def derivation(d: Decomposition) -> Section:
    """From the objective to GD, W and R; component a of the gradient, inner rules first."""
    seen: dict[tuple[str, Expr], Expr] = {}

    def watch(node: Expr, result: Expr) -> None:
        seen.setdefault((_statement(node), node), result)

    differentiate(d.objective, d.coefficients.settings, watch)
    typesetter = Typesetter(d.objective.hyper)
    items: list[Item] = ["∂ is the derivative by component a of h_i; δ_xy is 1 where x = y."]
    for n, ((statement, node), result) in enumerate(seen.items(), 1):
        items.append(f"{n}. {statement}")
        items.append(Formula(_applied(typesetter, node, result)))
    return Section("Derivation", (*items, *_closing(d, typesetter)))


def _statement(node: Expr) -> str:
    if isinstance(node, Component):
        return "∂v_kb = δ_ki δ_ab for v = h (for ĥ: (δ_ki − 1/N) δ_ab), else 0."
    if isinstance(node, Inner):
        return "∂⟨v_k, w_l⟩ = δ_ki w_la (v = h) + δ_li v_ka (w = h)."
    rule = _rule.dispatch(type(node))
    return re.sub(r"\s+", " ", rule.__doc__ or type(node).__name__)


def _applied(typesetter: Typesetter, node: Expr, result: Expr) -> Box:
    changed = Row((leaf("∂", r"\partial "), Fenced("(", typesetter(node), ")")))
    return equation(changed, typesetter(result))


def _closing(d: Decomposition, typesetter: Typesetter) -> list[Item]:
    """From the coefficients to the split."""
    items: list[Item] = [
        "Contract δ, put the sums in normal form, erase sg, ‖h_i‖ = 1; read off a, b, ρ and the "
        "remainder from the factor that carries the free feature a (below).",
    ]
    for view, ungated in d.ungated.items():
        items.append(f"V: the push on {view}_j as the positive's score goes to −∞.")
        items.append(Formula(equation(leaf("V_ij", "V_{ij}"), typesetter(ungated))))
    total = Leaf("Σ_{j≠i} a_ij", r"\sum_{j\neq i} a_{ij}")
    items.append("GD = Σ a / Σ V, W = a / GD, R = b / Σ a, with")
    items.append(Formula(equation(total, typesetter(d.total_push))))
    return items
