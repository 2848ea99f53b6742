"""Sums of products, pair by pair in a cheap order; never three sample indices at once if avoidable.

The order is chosen when the program is printed, when N and D are not known yet: for sizes of the
usual magnitude, and a product that the program has already is free.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

from sympy import Mul, S

from derive.nodes import Index
from derive.printing.torchcode.algebra import number, product
from derive.printing.torchcode.arrays import Graph, Value, along, lengths, letter, rows_first, union

_SIZE = {"N": 512, "D": 256, "M": 512}
_LARGE = 10**4  # the price of an entry of an intermediate with three dimensions
_EVERY_ORDER = 5


def contract(graph: Graph, parts: Sequence[Value], keep: Iterable[Index]) -> Value:
    """Σ over every axis not in `keep` of the product."""
    kept = frozenset(keep)
    scale = Mul(*[x.scale for x in parts])
    left = [Value(S.One, x.node, x.axes) for x in (number(graph, y) for y in parts) if x.node]
    if not left:
        return Value(scale)
    left = [_single(graph, x, _needed(left, n, kept)) for n, x in enumerate(left)]
    while len(left) > 1:
        a, b = _best(graph, left, kept)
        rest = [x for n, x in enumerate(left) if n not in (a, b)]
        needed = kept.union(*(x.axes for x in rest)) if rest else kept
        left = [*rest, pair(graph, left[a], left[b], needed)]
    return left[0].times(scale)


def _needed(parts: Sequence[Value], own: int, kept: frozenset[Index]) -> frozenset[Index]:
    return kept.union(*(x.axes for n, x in enumerate(parts) if n != own), frozenset())


def _best(graph: Graph, parts: list[Value], kept: frozenset[Index]) -> tuple[int, int]:
    """The first pair of the cheapest order."""
    return _plan(graph, tuple(parts), tuple(frozenset(x.axes) for x in parts), kept)[1]


def _plan(
    graph: Graph,
    values: tuple[Value, ...] | None,
    axes: tuple[frozenset[Index], ...],
    kept: frozenset[Index],
) -> tuple[int, tuple[int, int]]:
    if len(axes) == 1:
        return 0, (0, 0)
    pairs = list(combinations(range(len(axes)), 2))
    if len(axes) > _EVERY_ORDER:
        pairs = [min(pairs, key=lambda p: _cost(axes[p[0]] | axes[p[1]]))]
    best: tuple[int, tuple[int, int]] | None = None
    for a, b in pairs:
        rest = tuple(x for n, x in enumerate(axes) if n not in (a, b))
        joint = axes[a] | axes[b]
        left = joint & kept.union(*rest, frozenset())
        cost = _cost(joint) + _cost(left) * (_LARGE if len(left) > 2 else 1)
        if values is not None and _is_known(graph, values[a], values[b], left):
            cost = 0
        cost += _plan(graph, None, (*rest, left), kept)[0]
        if best is None or cost < best[0]:
            best = (cost, (a, b))
    assert best is not None
    return best


def _cost(axes: Iterable[Index]) -> int:
    cost = 1
    for k in axes:
        cost *= _SIZE[letter(k)]
    return cost


def _is_known(graph: Graph, a: Value, b: Value, needed: frozenset[Index]) -> bool:
    return any(graph.known("einsum", args, params) for args, params, _ in _spellings(a, b, needed))


def pair(graph: Graph, a: Value, b: Value, needed: frozenset[Index], hint: str = "") -> Value:
    """The product of two, summed over what nobody needs."""
    axes = union([a, b])
    if all(k in needed for k in axes):
        return product(graph, [a, b])
    ways = list(_spellings(a, b, needed))
    for args, params, out in ways:
        if graph.known("einsum", args, params):
            return Value(S.One, graph.node("einsum", args, params, lengths(out)), out)
    args, params, out = ways[0]
    return Value(S.One, graph.node("einsum", args, params, lengths(out), hint=hint), out)


def _spellings(a: Value, b: Value, needed: frozenset[Index]) -> Iterator[tuple[Any, Any, Any]]:
    """Both orders of the operands: arguments, pattern and axes of the result."""
    for x, y in ((a, b), (b, a)):
        numbers: dict[Index, int] = {}
        for k in (*x.axes, *y.axes):
            numbers.setdefault(k, len(numbers))
        out = rows_first(k for k in numbers if k in needed)
        patterns = tuple(tuple(numbers[k] for k in axes) for axes in (x.axes, y.axes, out))
        assert x.node is not None
        assert y.node is not None
        yield ((S.One, x.node), (S.One, y.node)), patterns, out


def _single(graph: Graph, value: Value, needed: frozenset[Index]) -> Value:
    """One part, summed over what only it has."""
    over = [k for k in value.axes if k not in needed]
    if not over:
        return value
    return summed(graph, value, over)


def summed(graph: Graph, value: Value, over: Sequence[Index]) -> Value:
    """Σ over some axes of one value."""
    value = number(graph, value)
    assert value.node is not None
    at = along(value.node, (value.axes.index(k) for k in over))
    axes = tuple(k for k in value.axes if k not in over)
    node = graph.node("sum", [(S.One, value.node)], at, lengths(axes))
    return Value(value.scale, node, axes)
