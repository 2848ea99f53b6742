"""Sums, products and functions of values, with broadcasting: what the rules are written with."""

from collections.abc import Sequence

from sympy import Add, Expr, Mul, S, factor_terms

from derive.nodes import Index
from derive.printing.torchcode.arrays import Axes, Graph, Value, is_symmetric, lengths, union, view


def scalar(e: Expr) -> Value:
    return Value(e)


def total(graph: Graph, values: Sequence[Value]) -> Value:
    """The sum; a scalar factor that all terms have is taken out."""
    values = [number(graph, x) for x in values]
    constant = Add(*[x.scale for x in values if x.node is None])
    merged: dict[tuple[int, Axes], Value] = {}
    for x in values:
        if x.node is not None:
            key = (id(x.node), x.axes)
            merged[key] = x.times(S.One) if key not in merged else _plus(merged[key], x.scale)
    terms = [Value(factor_terms(x.scale), x.node, x.axes) for x in merged.values() if x.scale != 0]
    if not terms or (len(terms) == 1 and constant == 0):
        return terms[0] if terms else scalar(constant)
    axes = union(terms)
    common = common_factor([x.scale for x in terms] + ([constant] if constant != 0 else []))
    args = [(x.scale / common, view(graph, x, axes)) for x in terms]
    args.sort(key=lambda arg: (arg[0].could_extract_minus_sign(), arg[1].order))
    node = graph.node("add", args, (constant / common,), lengths(axes))
    return Value(common, node, axes)


def _plus(value: Value, scale: Expr) -> Value:
    return Value(value.scale + scale, value.node, value.axes)


def common_factor(scales: Sequence[Expr]) -> Expr:
    """What divides every scale as it is written: 1/(Nτ) of 2/(Nτ) and −r/(Nτ)."""
    powers = [_powers(x) for x in scales]
    shared = {}
    for base in powers[0]:
        others = [x.get(base, S.Zero) for x in powers]
        if all(x.is_Rational and x > 0 for x in others):
            shared[base] = min(others)
        elif all(x.is_Rational and x < 0 for x in others):
            shared[base] = max(others)
    return Mul(*[base**power for base, power in shared.items()])


def _powers(e: Expr) -> dict[Expr, Expr]:
    found: dict[Expr, Expr] = {}
    top, bottom = e.as_numer_denom()
    for part, sign in ((top, 1), (bottom, -1)):
        for factor in Mul.make_args(part):
            if abs(factor) != 1:
                base, power = factor.as_base_exp()
                found[base] = found.get(base, S.Zero) + sign * power
    return found


def product(graph: Graph, values: Sequence[Value]) -> Value:
    """The elementwise product; indicators leave 0 where they do not hold."""
    scale = Mul(*[x.scale for x in values])
    arrays = [x for x in values if x.node is not None and x.node.kind != "bool"]
    masks = [x for x in values if x.node is not None and x.node.kind == "bool"]
    if not arrays and not masks:
        return scalar(scale)
    if not arrays:
        return number(graph, both(graph, masks)).times(scale)
    if len(arrays) == 1:
        value = Value(S.One, arrays[0].node, arrays[0].axes)
    else:
        value = _multiplied(graph, arrays)
    return masked(graph, value, masks, "0.0").times(scale)


def _multiplied(graph: Graph, arrays: Sequence[Value]) -> Value:
    """The product, factors over the same axes first: (x * y)[:, None] * h."""
    ordered = sorted(arrays, key=lambda x: (len(x.axes), x.node.order if x.node else 0))
    groups: dict[frozenset[Index], list[Value]] = {}
    for x in ordered:
        groups.setdefault(frozenset(x.axes), []).append(x)
    if len(groups) > 1:
        return _multiplied_once(graph, [_multiplied_once(graph, x) for x in groups.values()])
    return _multiplied_once(graph, ordered)


def _multiplied_once(graph: Graph, arrays: Sequence[Value]) -> Value:
    if len(arrays) == 1:
        return Value(S.One, arrays[0].node, arrays[0].axes)
    axes = union(arrays)
    nodes = [(S.One, view(graph, x, axes)) for x in arrays]
    return Value(S.One, graph.node("mul", nodes, (), lengths(axes)), axes)


def masked(graph: Graph, value: Value, masks: Sequence[Value], other: str) -> Value:
    """The value where every mask holds, elsewhere the number `other`."""
    if not masks:
        return value
    mask = both(graph, masks)
    if value.node is None:
        value = full(graph, value.scale)
    axes = union([value, mask]) if _loose(value) else _extended(value.axes, mask.axes)
    args = [(value.scale, view(graph, value, axes)), (S.One, view(graph, mask, axes))]
    return Value(S.One, graph.node("where", args, (other,), lengths(axes)), axes)


def _loose(value: Value) -> bool:
    """Whether its axes may take the order of another's."""
    return not value.axes or (value.node is not None and is_symmetric(value.node))


def _extended(axes: Axes, more: Axes) -> Axes:
    return axes + tuple(k for k in more if k not in axes)


def both(graph: Graph, masks: Sequence[Value]) -> Value:
    """True where every mask holds."""
    unique = list({(id(x.node), x.axes): x for x in masks}.values())
    if len(unique) == 1:
        return unique[0]
    axes = union(unique)
    nodes = [(S.One, view(graph, x, axes)) for x in unique]
    nodes.sort(key=lambda arg: arg[1].order)
    return Value(S.One, graph.node("and", nodes, (), lengths(axes), "bool"), axes)


def negated(graph: Graph, mask: Value) -> Value:
    """True where the mask does not hold."""
    assert mask.node is not None
    if mask.node.op == "not":
        return Value(S.One, mask.node.nodes[0], mask.axes)
    node = graph.node("not", [(S.One, mask.node)], (), mask.node.shape, "bool")
    return Value(S.One, node, mask.axes)


def number(graph: Graph, value: Value) -> Value:
    """A condition as 1 or 0."""
    if value.node is None or value.node.kind != "bool":
        return value
    node = graph.node("number", [(S.One, value.node)], (), value.node.shape)
    return Value(S.One, node, value.axes)


def full(graph: Graph, e: Expr) -> Value:
    """A number as a tensor without dimensions."""
    return Value(S.One, graph.node("constant", (), (e,)), ())


def elementwise(graph: Graph, op: str, value: Value, *params: object, hint: str = "") -> Value:
    """A function of each entry."""
    if value.node is None:
        value = full(graph, value.scale)
    assert value.node is not None
    node = graph.node(op, [(value.scale, value.node)], params, value.node.shape, hint=hint)
    return Value(S.One, node, value.axes)


def settled(graph: Graph, value: Value, hint: str = "") -> Value:
    """The value as a node of its own, its scalar factor applied."""
    if value.node is None:
        return full(graph, value.scale)
    if value.scale == 1:
        return value
    return elementwise(graph, "scaled", value, hint=hint)
