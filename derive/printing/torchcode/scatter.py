"""Sums over picked samples: Σ_k w_k δ_{p,at(k)} adds w_k to place at(k), with no one-hot block."""

from collections.abc import Iterable
from dataclasses import dataclass

from sympy import S

from derive.nodes import Index
from derive.printing.torchcode.algebra import number
from derive.printing.torchcode.arrays import Graph, Value, lengths, view
from derive.printing.torchcode.contraction import contract


@dataclass(frozen=True)
class Selector:
    """δ_{index, at}: at holds sample numbers over its own axes."""

    index: Index
    at: Value


def spread(
    graph: Graph, parts: list[Value], selectors: list[Selector], keep: Iterable[Index]
) -> list[Value]:
    """The parts with every selector applied: sums over its axes that nobody else needs are done."""
    keep = frozenset(keep)
    for n, selector in enumerate(selectors):
        later = frozenset(k for s in selectors[n + 1 :] for k in s.at.axes)
        parts = _apply(graph, [number(graph, x) for x in parts], selector, keep | later)
    return parts


def _apply(graph: Graph, parts: list[Value], s: Selector, keep: frozenset[Index]) -> list[Value]:
    """The last axis of `at` is summed into places; another one stays, for the contraction."""
    inner = s.at.axes[-1]
    own = [x for x in parts if inner in x.axes]
    others = [x for x in parts if inner not in x.axes]
    needed = keep.union(s.at.axes, *(x.axes for x in others))
    group = contract(graph, own, needed) if own else Value(S.One)
    assert s.at.node is not None
    axes = (*s.at.axes, *(k for k in group.axes if k not in s.at.axes))
    if group.node is None:
        source = graph.node("ones_like", [(S.One, s.at.node)], (), s.at.node.shape)
    else:
        source = view(graph, group, axes)
    kept = (*s.at.axes[:-1], s.index, *axes[len(s.at.axes) :])
    op = "index_add" if len(s.at.axes) == 1 else "scatter_add"
    node = graph.node(op, [(S.One, source), (S.One, s.at.node)], (lengths(axes),), lengths(kept))
    return [*others, Value(group.scale, node, kept)]
