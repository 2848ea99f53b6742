"""Samples that are picked: the hardest negative, the hardest share, those an input names."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sympy import Expr, S

from derive.canonical import for_print
from derive.indices import fresh
from derive.nodes import Distinct, Given, HardestIndex, Index, SampleIndex, Top
from derive.printing.torchcode.algebra import masked, negated, settled
from derive.printing.torchcode.arrays import Graph, Value, along, lengths, union, view

if TYPE_CHECKING:
    from derive.printing.torchcode.rules import Lowering

PICKS = (HardestIndex, Given)


def positions(low: "Lowering", index: Expr) -> Value:
    """The sample (or feature) numbers that an index stands for."""
    if isinstance(index, PICKS):
        return low(index)
    return numbers(low.graph, index)


def numbers(graph: Graph, k: Index) -> Value:
    """0, 1, 2, … over an index."""
    return Value(S.One, graph.node("arange", (), (), lengths((k,)), "int"), (k,))


def same_index(low: "Lowering", a: Expr, b: Expr) -> Value:
    """Where two indices agree."""
    plain = not isinstance(a, PICKS) and not isinstance(b, PICKS)
    if plain:
        node = low.graph.node("eye", (), lengths((a, b)), lengths((a, b)), "bool", "eye")
        return Value(S.One, node, tuple(sorted((a, b), key=str)))
    first, second = positions(low, a), positions(low, b)
    axes = tuple(dict.fromkeys(first.axes + second.axes))
    nodes = [(S.One, view(low.graph, x, axes)) for x in (first, second)]
    return Value(S.One, low.graph.node("equal", nodes, (), lengths(axes), "bool"), axes)


def different_index(low: "Lowering", e: Distinct) -> Value:
    return negated(low.graph, same_index(low, *e.args))


def labels_agree(low: "Lowering", a: Expr, b: Expr) -> Value:
    """Where the labels of two samples agree."""
    parts = []
    for index in (a, b):
        labels = Value(S.One, low.input("labels", ("N",), "int"), (p := fresh(SampleIndex),))
        parts.append(take(low.graph, labels, p, positions(low, index), index))
    axes = tuple(dict.fromkeys(k for x in parts for k in x.axes))
    nodes = [(S.One, view(low.graph, x, axes)) for x in parts]
    node = low.graph.node("equal", nodes, (), lengths(axes), "bool", "alike")
    return Value(S.One, node, axes)


def hardest_index(low: "Lowering", e: HardestIndex) -> Value:
    """arg max over k ≠ i of the body; that of a picked anchor is looked up."""
    body, k, i = e.args
    if isinstance(i, PICKS):
        anchor = fresh(SampleIndex)
        own = low(for_print.index(HardestIndex(body.xreplace({i: anchor}), k, anchor)))
        return take(low.graph, own, anchor, low(i), i)
    value = _others(low, body, k, i)
    assert value.node is not None
    at = along(value.node, (value.axes.index(k),))
    axes = tuple(x for x in value.axes if x != k)
    node = low.graph.node("argmax", [(S.One, value.node)], at, lengths(axes), "int", "hardest")
    return Value(S.One, node, axes)


def _others(low: "Lowering", body: Expr, k: Index, i: Expr) -> Value:
    """The body over the anchors and k, −∞ at the anchor itself."""
    value = settled(low.graph, low(body))
    return masked(low.graph, value, [low(Distinct(k, i))], "-torch.inf")


def top(low: "Lowering", e: Top) -> Value:
    """Where sample j is among the ⌈share·(N − 1)⌉ largest of anchor i, ties at the threshold in."""
    j, body, k, i, share = e.args
    value = _others(low, body, k, i)
    assert value.node is not None
    if value.axes.index(k) != len(value.axes) - 1:
        axes = (*(x for x in value.axes if x != k), k)
        value = Value(S.One, view(low.graph, value, axes), axes)
    assert value.node is not None
    node = low.graph.node(
        "top", [(S.One, value.node)], (share,), value.node.shape, "bool", "selected"
    )
    return take(low.graph, Value(S.One, node, value.axes), k, positions(low, j), j)


def take(graph: Graph, value: Value, p: Index, at: Value, index: Expr) -> Value:
    """The value at p = at: renamed for a plain index, else looked up."""
    if not isinstance(index, PICKS):
        return value.renamed(p, index)
    assert value.node is not None
    assert at.node is not None
    rest = tuple(k for k in value.axes if k != p)
    if not set(at.axes) & set(rest):
        order = (p, *rest)
        source = view(graph, value, order)
        axes = (*at.axes, *rest)
        node = graph.node(
            "rows", [(S.One, source), (S.One, at.node)], (), lengths(axes), value.node.kind
        )
        return Value(value.scale, node, axes)
    shared = tuple(k for k in at.axes if k in rest)
    if max(len(value.axes), len(at.axes)) > 2:
        own = {k: numbers(graph, k) for k in shared}
        return entries(graph, value, own | {p: at})
    source = view(graph, value, (*shared, p))
    axes = (*shared, *(k for k in at.axes if k not in shared))
    node = graph.node(
        "gather", [(S.One, source), (S.One, view(graph, at, axes))], (), lengths(axes),
        value.node.kind,
    )  # fmt: skip
    return Value(value.scale, node, axes)


def entries(graph: Graph, value: Value, at: Mapping[Index, Value]) -> Value:
    """x[at[i], at'[i, e], …]: the first dimensions looked up together, the others stay."""
    assert value.node is not None
    axes = union(list(at.values()))
    rest = tuple(k for k in value.axes if k not in at)
    source = view(graph, value, (*at, *rest))
    places = [(S.One, view(graph, x, axes)) for x in at.values()]
    found = (*axes, *rest)
    kind = value.node.kind
    node = graph.node("lookup", [(S.One, source), *places], (), lengths(found), kind)
    return Value(value.scale, node, found)
