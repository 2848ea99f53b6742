"""Sums over picked samples: Σ_k w_k δ_{p,at(k)} adds w_k to place at(k), with no one-hot block."""

from collections.abc import Iterable
from dataclasses import dataclass

from sympy import S

from derive.errors import LoweringError
from derive.nodes import Index
from derive.printing.torchcode.algebra import number, product
from derive.printing.torchcode.arrays import Axes, Graph, Value, lengths, view
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
    at = _kept_first(graph, s.at, keep)
    own = [x for x in parts if at.axes[-1] in x.axes]
    others = [x for x in parts if at.axes[-1] not in x.axes]
    elsewhere = keep.union(*(x.axes for x in others))
    group = contract(graph, own, elsewhere.union(at.axes)) if own else Value(S.One)
    assert at.node is not None
    beside = tuple(k for k in group.axes if k not in at.axes)
    if group.node is None or (beside and not set(at.axes) <= set(group.axes)):
        ones = graph.node("ones_like", [(S.One, at.node)], (), at.node.shape)
        group = product(graph, [group, Value(S.One, ones, at.axes)])
    source = view(graph, group, (*at.axes, *beside))
    stay = at.axes[:-1]
    if beside or len(stay) > 1:
        stay = tuple(k for k in stay if k in elsewhere)
    if len(stay) > 1:
        raise LoweringError(
            f"no torch code for a sum over {s.index} picked by {len(at.axes)} indices that are "
            "needed outside it. Write the sum over the picked samples on its own."
        )
    kept = (*stay, s.index, *beside)
    args = [(S.One, source), (S.One, at.node)]
    node = graph.node(_op(at, stay, beside), args, (lengths((*at.axes, *beside)),), lengths(kept))
    return [*others, Value(group.scale, node, kept)]


def _op(at: Value, stay: Axes, beside: Axes) -> str:
    if stay:
        return "add_at" if beside or len(at.axes) > 2 else "scatter_add"
    return "index_add" if len(at.axes) == 1 else "add_rows"


def _kept_first(graph: Graph, at: Value, keep: frozenset[Index]) -> Value:
    """The same sample numbers, the axes that are summed last."""
    axes = tuple(sorted(at.axes, key=lambda k: k not in keep))
    return Value(S.One, view(graph, at, axes), axes)
