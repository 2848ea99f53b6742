"""Array expressions: what the printed program computes, before it has names or lines.

A node is an operation on arrays whose dimensions are "N", "D" or "M" long; it knows nothing of
indices, so that ⟨h_i, h'_k⟩ and ⟨h_i, h'_j⟩ are one node. A `Value` puts a scalar factor before a
node and an index on each dimension. Equal nodes are one object: a common subexpression is
computed once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sympy import Expr, S

from derive.nodes import ExtraIndex, FeatureIndex, Index, SampleIndex

Axes = tuple[Index, ...]


@dataclass(frozen=True, eq=False)
class Node:
    """op: the operation; args: (scalar factor, node) pairs; params: whatever else it needs;
    shape: "N", "D" or "M" per dimension; kind: "float", "bool" or "int"; hint: a name for it."""

    op: str
    args: tuple[tuple[Expr, "Node"], ...] = ()
    params: tuple[Any, ...] = ()
    shape: tuple[str, ...] = ()
    kind: str = "float"
    order: int = 0
    hints: list[str] = field(default_factory=list)

    @property
    def nodes(self) -> tuple["Node", ...]:
        return tuple(x for _, x in self.args)


@dataclass(frozen=True)
class Value:
    """scale · node, one index a dimension; node None: a number of the batch alone."""

    scale: Expr
    node: Node | None = None
    axes: Axes = ()

    def times(self, factor: Expr) -> "Value":
        return Value(self.scale * factor, self.node, self.axes)

    def renamed(self, old: Index, new: Index) -> "Value":
        return Value(self.scale, self.node, tuple(new if k == old else k for k in self.axes))


class Graph:
    """Makes nodes, each once."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Node] = {}
        self._made: set[tuple[Any, ...]] = set()

    def node(
        self,
        op: str,
        args: Sequence[tuple[Expr, Node]] = (),
        params: tuple[Any, ...] = (),
        shape: tuple[str, ...] = (),
        kind: str = "float",
        hint: str = "",
    ) -> Node:
        key = (op, tuple((s, id(x)) for s, x in args), params, shape, kind)
        found = self._known.get(key)
        if found is None:
            found = Node(op, tuple(args), params, shape, kind, len(self._known))
            self._known[key] = found
            self._made.add(key[:3])
        if hint:
            found.hints.append(hint)
        return found

    def known(self, op: str, args: Sequence[tuple[Expr, Node]], params: tuple[Any, ...]) -> bool:
        """Whether such a node was made before."""
        return (op, tuple((s, id(x)) for s, x in args), params) in self._made


def letter(k: Index) -> str:
    """The size of the dimension an index runs over."""
    if isinstance(k, SampleIndex):
        return "N"
    return "M" if isinstance(k, ExtraIndex) else "D"


def lengths(axes: Sequence[Index]) -> tuple[str, ...]:
    return tuple(map(letter, axes))


def union(values: Sequence[Value]) -> Axes:
    """All axes, those of the value with the most axes first; samples before features.

    A symmetric array can be read either way: it follows the others.
    """
    ordered = sorted(values, key=lambda x: (-len(x.axes), x.node is None or is_symmetric(x.node)))
    return rows_first(dict.fromkeys(k for x in ordered for k in x.axes))


def rows_first(axes: Iterable[Index]) -> Axes:
    return tuple(sorted(axes, key=lambda k: isinstance(k, FeatureIndex)))


def view(graph: Graph, value: Value, axes: Sequence[Index]) -> Node:
    """The value's node with its dimensions in the order of `axes`, and 1 long where it has none."""
    assert value.node is not None
    if not value.axes:
        return value.node
    pattern = tuple(value.axes.index(k) if k in value.axes else None for k in axes)
    if is_symmetric(value.node):
        pattern = _in_order(pattern)
    if pattern == tuple(range(len(value.axes))):
        return value.node
    shape = tuple("1" if at is None else value.node.shape[at] for at in pattern)
    return graph.node("view", [(S.One, value.node)], (pattern,), shape, value.node.kind)


def _in_order(pattern: tuple[int | None, ...]) -> tuple[int | None, ...]:
    numbers = iter(sorted(at for at in pattern if at is not None))
    return tuple(None if at is None else next(numbers) for at in pattern)


_ENTRYWISE = ("not", "add", "mul", "where", "and", "scaled", "exp", "log", "square", "power",
              "integer_power", "root", "reciprocal", "inverse", "number", "relu", "above_zero",
              "logaddexp", "cos", "sin", "atan2")  # fmt: skip


@lru_cache(maxsize=10_000)
def is_symmetric(node: Node) -> bool:
    """Whether a square array is its own transpose, by how it was made."""
    if len(node.shape) != 2 or node.shape[0] != node.shape[1]:
        return False
    if node.op == "eye":
        return True
    if node.op == "einsum":
        (left, right, out), (a, b) = node.params, node.nodes
        return a is b and left != right and set(out) == set(left) ^ set(right)
    if node.op == "distances":
        return node.nodes[0] is node.nodes[1]
    if node.op == "equal":
        a, b = node.nodes
        sides = [x for x in (a, b) if x.op == "view"]
        return len(sides) == 2 and a.nodes == b.nodes
    return node.op in _ENTRYWISE and all(is_symmetric(x) or not x.shape for x in node.nodes)


def along(node: Node, at: Iterable[int]) -> tuple[int, ...]:
    """Dimensions to reduce, in order; rows of a symmetric array are its columns."""
    dims = tuple(sorted(at))
    return (1,) if len(dims) == 1 and is_symmetric(node) else dims
