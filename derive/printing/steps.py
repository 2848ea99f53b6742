"""The derivation, rule by rule: what was differentiated, by which rule, with what result."""

import re
from collections.abc import Iterator
from dataclasses import replace

from sympy import Add, Expr, Mul

from derive.calculus import _rule
from derive.coefficients import differentiate
from derive.nodes import ANCHOR, Component, Inner, Named
from derive.objective import positive_scores
from derive.paradigm import Decomposition
from derive.printing.boxes import PLUS, Big, Box, Fenced, Leaf, Row, equation, leaf
from derive.printing.layout import Typesetter
from derive.printing.parts import A, V, of_negative, over_negatives
from derive.printing.sections import Formula, Item
from derive.printing.text import inline

_LIMIT = Leaf("lim", r"\lim", "mo")
_TO, _INFINITY = Leaf("→", r"\to ", "mo"), Leaf("−∞", r"-\infty ")


def derivation(d: Decomposition, typesetter: Typesetter) -> Iterator[Item]:
    """From the objective to GD, W and R; component a of the gradient, inner rules first."""
    yield (
        "∂ is the derivative by component a of h_i; δ_xy is 1[x = y]. Sums x + y and constant "
        "factors have no line of their own."
    )
    seen: set[str] = set()
    for node, result in _steps(d):
        box = _applied(typesetter, node, result)
        if inline(box) not in seen:
            seen.add(inline(box))
            yield f"{len(seen)}. {_statement(node)}"
            yield Formula(box)
    yield (
        "Contract δ, put the sums in normal form, erase sg, ‖h_i‖ = 1; read off a, b, ρ and the "
        "remainder from the factor that carries the free feature a (below)."
    )
    yield from _split(d, typesetter)


def _steps(d: Decomposition) -> list[tuple[Expr, Expr]]:
    """Every rule applied, but for the linear ones."""
    applied: dict[Expr, Expr] = {}

    def watch(node: Expr, result: Expr) -> None:
        applied.setdefault(node, result)

    differentiate(d.objective, d.coefficients.settings, watch)
    return [(node, result) for node, result in applied.items() if not _is_linear(node, applied)]


def _is_linear(node: Expr, applied: dict[Expr, Expr]) -> bool:
    """A sum, or a product of which one factor varies; the score is its definition."""
    if isinstance(node, Mul):
        return sum(factor in applied for factor in node.args) == 1
    return isinstance(node, Add) or (isinstance(node, Named) and node.definition.score)


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


def _split(d: Decomposition, typesetter: Typesetter) -> Iterator[Item]:
    """From the coefficients to the split."""
    if not d.coefficients.push:
        yield "There are no negatives: GD = 1, and neither W nor R is defined."
        return
    if d.ungated:
        yield from _limit(d, typesetter)
    gauge = f"GD = 1, since {d.no_gauge}; W = a" if d.no_gauge else "GD = Σ a / Σ V, W = a / GD"
    yield f"{gauge}, R = b / Σ a, with" + (" R undefined, since" if d.ratio is None else "")
    total: list[Box] = []
    for view in d.coefficients.push:
        total += [PLUS] if total else []
        total.append(over_negatives(of_negative(A, view, d)))
    yield Formula(equation(Row(tuple(total)), typesetter(d.total_push)))


def _limit(d: Decomposition, typesetter: Typesetter) -> Iterator[Item]:
    """V_ij = lim a_ij, with the positive's score as a variable."""
    by_name = replace(typesetter, score_by_name=True)
    score = positive_scores(d.coefficients.formula).pop()(ANCHOR)
    yield "V is what is left of a as the positive's score s_i goes to −∞. With"
    yield Formula(equation(by_name(score), typesetter(score)))
    below = Row((by_name(score), _TO, _INFINITY))
    for view, ungated in d.ungated.items():
        push = of_negative(A, view, d)
        yield Formula(equation(push, by_name(d.coefficients.push[view])))
        limit = Big(_LIMIT, below, push)
        yield Formula(equation(of_negative(V, view, d), equation(limit, typesetter(ungated))))
