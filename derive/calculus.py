"""Differentiation: one rule a node, written out here rather than left to `Expr.diff`.

Two kinds of leaf: components, for the gradient w.r.t. an embedding, and inner products, for the
similarity-space coefficients. A leaf rule is a function of `Component` or `Inner`.
"""

from collections.abc import Callable
from functools import singledispatch

from sympy import Add, Expr, Mul, NumberSymbol, Pow, Rational, S, Symbol

from derive.errors import ObjectiveError
from derive.nodes import (
    Angle,
    Component,
    Cos,
    Delta,
    Distinct,
    Exp,
    Hardest,
    HardestIndex,
    Hinge,
    IndexSum,
    Inner,
    Kept,
    Log,
    Match,
    Mismatch,
    N,
    Named,
    Node,
    Sin,
    Step,
    Stop,
    Top,
    View,
)

Leaf = Callable[[Expr], Expr]
Watch = Callable[[Expr, Expr], None]


class Derivative:
    """∂/∂leaf of an expression. `watch(node, result)` is told of every rule applied.

    parameter: a hyper-parameter that is differentiated by too (the leaf rule may be zero then).
    """

    def __init__(self, leaf: Leaf, watch: Watch | None = None, parameter: Symbol | None = None):
        self.leaf = leaf
        self.watch = watch
        self.parameter = parameter

    def __call__(self, e: Expr) -> Expr:
        result = _rule(e, self)
        if self.watch is not None and result != 0:
            self.watch(e, result)
        return result


@singledispatch
def _rule(e: Expr, d: Derivative) -> Expr:
    raise ObjectiveError(
        f"no derivative rule for {type(e).__name__} (in {e}). Write the objective with the nodes "
        "of derive.nodes, or add a rule to derive/calculus.py."
    )


@_rule.register(Rational)
@_rule.register(NumberSymbol)
def _constant(e: Expr, d: Derivative) -> Expr:
    """∂c = 0."""
    return S.Zero


@_rule.register(Symbol)
def _symbol(e: Expr, d: Derivative) -> Expr:
    """∂c = 0, of every symbol but the hyper-parameter that is differentiated by."""
    return S.One if e == d.parameter else S.Zero


@_rule.register(Stop)
def _stop(e: Expr, d: Derivative) -> Expr:
    """∂stop(x) = 0: the gradient is stopped."""
    return S.Zero


@_rule.register(Step)
@_rule.register(Delta)
@_rule.register(Distinct)
@_rule.register(Match)
@_rule.register(Mismatch)
@_rule.register(Kept)
@_rule.register(Top)
def _piecewise_constant(e: Expr, d: Derivative) -> Expr:
    """∂1[·] = 0 away from the jump."""
    return S.Zero


@_rule.register(Inner)
@_rule.register(Component)
def _leaf(e: Expr, d: Derivative) -> Expr:
    """∂⟨v_i, w_j⟩ = δ_ip w_j [v = h] + δ_jp v_i [w = h]."""
    return d.leaf(e)


@_rule.register(Add)
def _add(e: Expr, d: Derivative) -> Expr:
    """∂(x + y) = ∂x + ∂y."""
    return Add(*map(d, e.args))


@_rule.register(Mul)
def _mul(e: Expr, d: Derivative) -> Expr:
    """∂(x·y) = ∂x·y + x·∂y."""
    parts = []
    for at, factor in enumerate(e.args):
        change = d(factor)
        if change != 0:
            parts.append(Mul(change, *e.args[:at], *e.args[at + 1 :]))
    return Add(*parts)


@_rule.register(Pow)
def _pow(e: Expr, d: Derivative) -> Expr:
    """∂xⁿ = n·xⁿ⁻¹·∂x + xⁿ·log x·∂n, n a number or a hyper-parameter."""
    if e.exp.has(Node):
        raise ObjectiveError(f"the exponent of {e} must not depend on the embeddings.")
    change, of_exponent = d(e.base), d(e.exp)
    by_base = e.exp * e.base ** (e.exp - 1) * change if change != 0 else S.Zero
    return by_base + (e * Log(e.base) * of_exponent if of_exponent != 0 else S.Zero)


@_rule.register(IndexSum)
def _sum(e: Expr, d: Derivative) -> Expr:
    """∂Σ_k x_k = Σ_k ∂x_k."""
    body, index = e.args
    return IndexSum(d(body), index)


@_rule.register(Exp)
def _exp(e: Expr, d: Derivative) -> Expr:
    """∂e^x = e^x·∂x."""
    change = d(e.args[0])
    return e * change if change != 0 else S.Zero


@_rule.register(Log)
def _log(e: Expr, d: Derivative) -> Expr:
    """∂log x = ∂x/x."""
    change = d(e.args[0])
    return change / e.args[0] if change != 0 else S.Zero


@_rule.register(Cos)
def _cos(e: Expr, d: Derivative) -> Expr:
    """∂cos x = −sin x·∂x."""
    change = d(e.args[0])
    return -Sin(e.args[0]) * change if change != 0 else S.Zero


@_rule.register(Sin)
def _sin(e: Expr, d: Derivative) -> Expr:
    """∂sin x = cos x·∂x."""
    change = d(e.args[0])
    return Cos(e.args[0]) * change if change != 0 else S.Zero


@_rule.register(Angle)
def _angle(e: Expr, d: Derivative) -> Expr:
    """∂arccos c = −∂c/sin θ, with θ = arccos c kept as the variable."""
    change = d(e.args[0])
    return -change / Sin(e) if change != 0 else S.Zero


@_rule.register(Hinge)
def _hinge(e: Expr, d: Derivative) -> Expr:
    """∂max(0, x) = 1[x > 0]·∂x."""
    change = d(e.args[0])
    return Step(e.args[0]) * change if change != 0 else S.Zero


@_rule.register(Hardest)
def _hardest(e: Expr, d: Derivative) -> Expr:
    """∂max_{k≠i} x_k = ∂x at the k that attains the maximum."""
    body, k, _ = e.args
    return d(body.xreplace({k: HardestIndex(*e.args)}))


@_rule.register(Named)
def _named(e: Expr, d: Derivative) -> Expr:
    """∂ of a named intermediate: ∂ of its definition (a root keeps its name: ∂√x = ∂x/(2√x))."""
    value = e.value
    root = isinstance(value, Pow) and value.exp.is_Rational and value.exp.p == 1
    if e.definition.opaque and root:
        change = d(value.base)
        power = value.exp
        return power * e ** ((power - 1) / power) * change if change != 0 else S.Zero
    return d(value)


def embedding_leaf(view: View, p: Expr, b: Expr) -> Leaf:
    """∂/∂v_pb: component b of the gradient w.r.t. embedding p of a view."""

    def component(v: View, i: Expr, a: Expr) -> Expr:
        if v.base != view or v.stopped:
            return S.Zero
        own = Delta(i, p) * Delta(a, b)
        return own - Delta(a, b) / N if v.role == "centred" else own

    def leaf(e: Expr) -> Expr:
        if isinstance(e, Component):
            return component(*e.args)
        v, i, w, j = e.args
        return _side(v, i, w, j) + _side(w, j, v, i)

    def _side(v: View, i: Expr, w: View, j: Expr) -> Expr:
        if v.base != view or v.stopped:
            return S.Zero
        if v.role == "centred":
            return (Delta(i, p) - 1 / N) * Component(w, j, b)
        return Delta(i, p) * Component(w, j, b)

    return leaf


def cosine_leaf(v: View, i: Expr, w: View, j: Expr) -> Leaf:
    """∂/∂⟨v_i, w_j⟩, every inner product an independent variable (also ⟨v_i, v_i⟩).

    A stopped view has no derivative. Raises `ObjectiveError` for an objective that is written
    in components or centred views: it is no function of cosines.
    """

    def leaf(e: Expr) -> Expr:
        if isinstance(e, Component) or any(x.role == "centred" for x in (e.args[0], e.args[2])):
            raise ObjectiveError(f"{e} is no function of the cosines ⟨{v}_i, {w}_j⟩.")
        x, k, y, m = e.args
        if x.stopped or y.stopped:
            raise ObjectiveError(f"{e} has a stopped side: differentiate it by embeddings.")
        if {x, y} != {v, w} or (x == y) != (v == w):
            return S.Zero
        if v == w and i != j and k == m:
            return S.Zero  # ⟨v_k, v_k⟩ is not ⟨v_i, v_j⟩
        if v == w and i != j:
            return Delta(k, i) * Delta(m, j) + Delta(k, j) * Delta(m, i)
        return Delta(k, i) * Delta(m, j) if x == v else Delta(m, i) * Delta(k, j)

    return leaf
