"""One rule a node: the array expression it stands for. Nothing here knows a loss.

Edges: the reciprocal of a length (a distance, a sine, a standard deviation) at 0 is 0 (the zero
subgradient); an angle is 2·atan2(‖a − b‖, ‖a + b‖); gates are strict; a tie at the maximum goes to
one index.
"""

from collections.abc import Callable

from sympy import Add, Expr, Mul, Pow, S, Symbol

from derive.canonical import for_print
from derive.errors import LoweringError
from derive.indices import fresh
from derive.nodes import (
    Angle,
    Component,
    Cos,
    D,
    Delta,
    Distinct,
    Exp,
    ExtraIndex,
    Given,
    Hardest,
    HardestIndex,
    Hinge,
    Index,
    IndexSum,
    Inner,
    Log,
    M,
    Match,
    Mismatch,
    N,
    Named,
    Node,
    SampleIndex,
    Sin,
    Step,
    Stop,
    Top,
    View,
)
from derive.printing.torchcode import geometry, powers, selection, sums
from derive.printing.torchcode.algebra import elementwise, full, negated, number, settled
from derive.printing.torchcode.arrays import Graph, Value
from derive.printing.torchcode.arrays import Node as Array
from derive.printing.torchcode.logs import log_of
from derive.printing.torchcode.positive import is_exponential

Rule = Callable[["Lowering", Expr], Value]


class Lowering:
    """Turns expressions into array expressions of one graph, each once."""

    def __init__(self) -> None:
        self.graph = Graph()
        self._known: dict[Expr, Value] = {}

    def __call__(self, e: Expr) -> Value:
        found = self._known.get(e)
        if found is None:
            found = self._known[e] = self._lower(e)
        return found

    def _lower(self, e: Expr) -> Value:
        if not e.has(Node):
            return Value(e)
        for kind in type(e).__mro__:
            rule = RULES.get(kind)
            if rule is not None:
                return rule(self, e)
        raise LoweringError(
            f"no torch code for {type(e).__name__} (in {e}). Add a rule to "
            "derive/printing/torchcode/rules.py."
        )

    def knows(self, e: Expr) -> bool:
        return e in self._known

    def size(self, k: Index) -> Symbol:
        if isinstance(k, SampleIndex):
            return N
        return M if isinstance(k, ExtraIndex) else D

    def input(self, name: str, shape: tuple[str, ...], kind: str = "float") -> Array:
        return self.graph.node("input", (), (name,), shape, kind)

    def embeddings(self, view: View, index: Expr, a: Index) -> Value:
        """Rows of a view for an index, feature a."""
        data = self.input("h_prime" if view.name.endswith("'") else "h", ("N", "D"))
        if view.role == "centred":
            hint = data.params[0] + "_centred"
            data = self.graph.node("centred", [(S.One, data)], (), ("N", "D"), hint=hint)
        rows = Value(S.One, data, (p := fresh(SampleIndex), a))
        return selection.take(self.graph, rows, p, selection.positions(self, index), index)


def _component(low: Lowering, e: Component) -> Value:
    return low.embeddings(*e.args)


def _exp(low: Lowering, e: Exp) -> Value:
    return elementwise(low.graph, "exp", low(e.args[0]))


def _log(low: Lowering, e: Log) -> Value:
    if is_exponential(e.args[0]):
        return log_of(low, e.args[0]).joined(low.graph)
    return elementwise(low.graph, "log", low(e.args[0]))


def _step(low: Lowering, e: Step) -> Value:
    x = low(e.args[0])
    if x.node is None:
        x = full(low.graph, x.scale)
    assert x.node is not None
    node = low.graph.node("above_zero", [(x.scale, x.node)], (), x.node.shape, "bool")
    gate = number(low.graph, Value(S.One, node, x.axes))
    assert gate.node is not None
    gate.node.hints.append("gate")
    return gate


def _hardest(low: Lowering, e: Hardest) -> Value:
    """The body at the index that attains the maximum: one search for the value and the gradient."""
    body, k, _ = e.args
    return low(body.xreplace({k: for_print.index(HardestIndex(*e.args))}))


def _given(low: Lowering, e: Given) -> Value:
    array, i, extra = e.args
    indices = Value(
        S.One, low.input(array.name, ("N", "M"), "int"), (p := fresh(SampleIndex), extra)
    )
    return selection.take(low.graph, indices, p, selection.positions(low, i), i)


_ASCII = {"σ": "sigma", "μ": "mean", "ρ": "rho", "α": "alpha", "ξ": "xi", "δ": "delta"}


def on_the_sphere(e: Expr) -> Expr:
    """With ‖v_i‖² = 1 for unit views; otherwise as it was written."""
    norms = {x: S.One for x in e.atoms(Inner) if x.args[:2] == x.args[2:] and _is_unit(x.args[0])}
    return e.xreplace(norms)


def _is_unit(v: View) -> bool:
    return v.unit and v.role != "centred"


def _named(low: Lowering, e: Named) -> Value:
    value = low(on_the_sphere(e.value))
    name = "".join(_ASCII.get(x, x) for x in e.definition.name)
    second = e.definition.view is not None and e.definition.view.name.endswith("'")
    name = "score" if e.definition.score else name
    if value.node is None or value.node.op in ("input", "view") or not name.isidentifier():
        return value
    value = settled(low.graph, value)
    assert value.node is not None
    name += "_diagonal" if len(set(e.args[1:])) < len(e.args[1:]) else ""
    value.node.hints.append(name + ("_prime" if second else ""))
    return value


def _unary(op: str) -> Rule:
    return lambda low, e: elementwise(low.graph, op, low(e.args[0]))


RULES: dict[type, Rule] = {
    Add: geometry.add,
    Mul: lambda low, e: sums.sum_of_product(low, e.args, []),
    Pow: powers.power,
    Component: _component,
    Inner: geometry.inner,
    IndexSum: sums.index_sum,
    Delta: lambda low, e: selection.same_index(low, *e.args),
    Distinct: selection.different_index,
    Match: lambda low, e: selection.labels_agree(low, *e.args),
    Mismatch: lambda low, e: negated(low.graph, selection.labels_agree(low, *e.args)),
    Top: selection.top,
    Given: _given,
    Hardest: _hardest,
    HardestIndex: selection.hardest_index,
    Exp: _exp,
    Log: _log,
    Angle: geometry.angle,
    Cos: _unary("cos"),
    Sin: geometry.sine,
    Hinge: _unary("relu"),
    Step: _step,
    Stop: lambda low, e: low(e.args[0]),
    Named: _named,
}
