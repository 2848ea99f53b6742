"""Expressions in SymPy's own vocabulary, as text that `sympy.sympify` reads back.

⟨v_i, w_j⟩ is inner(v(i), w(j)), v_ia is component(v(i), a), with v among h, h_prime, h_centred,
h_prime_centred (h_stopped: no gradient flows through it; z: raw embeddings); sums are
Sum(…, (k, 1, N)), gates Heaviside(x, 0), hinges relu(x), the hardest negative
max_other(Lambda(k, x), i) and argmax_other(Lambda(k, x), i), an angle acos; same_label(i, j),
in_top(j, Lambda(k, x), i, share) and given_array(i, m) are those of labels, of the hardest share
and of an input array of sample numbers.
"""

from collections.abc import Callable

from sympy import (
    Add,
    Expr,
    Function,
    Heaviside,
    KroneckerDelta,
    Lambda,
    Mul,
    Pow,
    Sum,
    Symbol,
    acos,
    cos,
    exp,
    log,
    preorder_traversal,
    sin,
    srepr,
)

from derive.nodes import (
    Angle,
    Component,
    Cos,
    D,
    Delta,
    Distinct,
    Exp,
    ExtraIndex,
    FeatureIndex,
    Given,
    Hardest,
    HardestIndex,
    Hinge,
    IndexSum,
    Inner,
    Log,
    M,
    Match,
    Mismatch,
    N,
    Named,
    SampleIndex,
    Sin,
    Step,
    Stop,
    Top,
    View,
)

_LETTERS = {SampleIndex: "k", FeatureIndex: "a", ExtraIndex: "m"}
_SIZES = {SampleIndex: N, FeatureIndex: D, ExtraIndex: M}


def to_standard(e: Expr) -> Expr:
    """The expression with every node of ours replaced."""
    if isinstance(e, SampleIndex | FeatureIndex | ExtraIndex):
        return Symbol(e.name, integer=True, positive=True)
    if isinstance(e, Add | Mul | Pow):
        return e.func(*map(to_standard, e.args))
    rule = _RULES.get(type(e))
    if rule is not None:
        return rule(e)
    if isinstance(e, Named):
        view = e.definition.view
        name = e.definition.name if view is None else f"{e.definition.name}_{_name(view)}"
        return Function(name)(*map(to_standard, e.args[1:]))
    return e


def to_sympy_text(e: Expr) -> str:
    """`sympy.sympify` of this text is `to_standard(e)`, bound indices named k1, a1, … in order."""
    return str(srepr(to_standard(_tidy(e))))


def _tidy(e: Expr) -> Expr:
    """The same expression whatever its bound indices were called."""
    names: dict[Expr, Expr] = {}
    for node in preorder_traversal(e):
        if isinstance(node, IndexSum | Hardest | HardestIndex | Top):
            k = node.args[2 if isinstance(node, Top) else 1]
            names.setdefault(k, type(k)(f"{_LETTERS[type(k)]}{len(names) + 1}"))
    return e.xreplace(names)


def _name(view: View) -> str:
    name = view.name.replace("'", "_prime")
    name = name if view.role == "plain" else f"{name}_{view.role}"
    return f"{name}_stopped" if view.stopped else name


def _embedding(view: View, k: Expr) -> Expr:
    return Function(_name(view))(to_standard(k))


def _sum(e: Expr) -> Expr:
    body, k = e.args
    return Sum(to_standard(body), (to_standard(k), 1, _SIZES[type(k)]))


def _top(e: Expr) -> Expr:
    j, body, k, i, share = e.args
    among = Lambda(to_standard(k), to_standard(body))
    return Function("in_top")(to_standard(j), among, to_standard(i), to_standard(share))


def _given(e: Expr) -> Expr:
    array, i, m = e.args
    return Function(f"given_{array}")(to_standard(i), to_standard(m))


def _same_label(e: Expr) -> Expr:
    return Function("same_label")(*map(to_standard, e.args))


def _over_others(name: str) -> Callable[[Expr], Expr]:
    def rule(e: Expr) -> Expr:
        body, k, i = e.args
        return Function(name)(Lambda(to_standard(k), to_standard(body)), to_standard(i))

    return rule


def _unary(function: Callable[[Expr], Expr]) -> Callable[[Expr], Expr]:
    return lambda e: function(to_standard(e.args[0]))


_RULES: dict[type, Callable[[Expr], Expr]] = {
    Inner: lambda e: Function("inner")(_embedding(*e.args[:2]), _embedding(*e.args[2:])),
    Component: lambda e: Function("component")(_embedding(*e.args[:2]), to_standard(e.args[2])),
    IndexSum: _sum,
    Delta: lambda e: KroneckerDelta(*map(to_standard, e.args)),
    Distinct: lambda e: 1 - KroneckerDelta(*map(to_standard, e.args)),
    Hardest: _over_others("max_other"),
    HardestIndex: _over_others("argmax_other"),
    Step: _unary(lambda x: Heaviside(x, 0)),
    Match: _same_label,
    Mismatch: lambda e: 1 - _same_label(e),
    Top: _top,
    Given: _given,
    Hinge: _unary(Function("relu")),
    Stop: _unary(Function("stop_gradient")),
    Exp: _unary(exp),
    Log: _unary(log),
    Angle: _unary(acos),
    Cos: _unary(cos),
    Sin: _unary(sin),
}
