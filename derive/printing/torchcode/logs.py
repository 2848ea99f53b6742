"""Positive quantities made of exponentials, by their logarithms, so that nothing overflows.

Σ_k e^{x_k} is a log-sum-exp, a softmax e^{x − lse}. Indicators among the factors are masks: log 0
drops out of a log-sum-exp, and what an indicator leaves out is set to 0 after the exponential.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sympy import Add, Expr, Mul, Pow, S, log

from derive.nodes import (
    Distinct,
    Exp,
    Index,
    IndexSum,
    Named,
    Stop,
)
from derive.printing.torchcode.algebra import (
    elementwise,
    masked,
    product,
    settled,
    total,
)
from derive.printing.torchcode.arrays import Graph, Value, along, lengths, union, view
from derive.printing.torchcode.positive import MASKS

if TYPE_CHECKING:
    from derive.printing.torchcode.rules import Lowering


@dataclass(frozen=True)
class Logarithm:
    """log x = log(scale) + value where every mask holds, else −∞. value None: scale alone."""

    scale: Expr
    value: Value | None
    masks: tuple[Value, ...] = ()

    def joined(self, graph: Graph) -> Value:
        """As one value, −∞ where a mask does not hold."""
        parts = [] if self.value is None else [self.value]
        if self.scale != 1 or not parts:
            parts.append(Value(log(self.scale)))
        value = total(graph, parts)
        if not self.masks:
            return value
        return masked(graph, settled(graph, value, "logits"), self.masks, "-torch.inf")


def log_of(low: "Lowering", e: Expr) -> Logarithm:
    """The logarithm of an expression that `is_exponential` accepts."""
    if isinstance(e, Exp):
        exponent = low(e.args[0])
        block = len(exponent.axes) > 1
        return Logarithm(S.One, settled(low.graph, exponent, "logits") if block else exponent)
    if isinstance(e, Stop):
        return log_of(low, e.args[0])
    if isinstance(e, Named):
        return _named(low, e)
    if isinstance(e, MASKS):
        return Logarithm(S.One, None, (low(e),))
    if isinstance(e, Pow):
        base = log_of(low, e.base)
        value = None if base.value is None else base.value.times(e.exp)
        return Logarithm(base.scale**e.exp, value, base.masks)
    if isinstance(e, Mul):
        return product_of(low.graph, [log_of(low, x) for x in e.args])
    if isinstance(e, Add):
        return _sum(low, e)
    if isinstance(e, IndexSum):
        return _index_sum(low, *e.args)
    return Logarithm(e, None)


def _named(low: "Lowering", e: Named) -> Logarithm:
    found = log_of(low, e.value)
    name = f"log_{e.definition.name}"
    if found.value is not None and found.value.node is not None and name.isidentifier():
        found.value.node.hints.insert(0, name)
    return found


def product_of(graph: Graph, logs: Sequence[Logarithm]) -> Logarithm:
    values = [x.value for x in logs if x.value is not None]
    value = total(graph, values) if values else None
    return Logarithm(Mul(*[x.scale for x in logs]), value, tuple(m for x in logs for m in x.masks))


def _sum(low: "Lowering", e: Add) -> Logarithm:
    """log(x + y); Σ_{k≠i} f(k) + f(i) is one sum over all k."""
    terms = list(e.args)
    for x in e.args:
        if isinstance(x, IndexSum):
            whole, own = _completed(x)
            if whole is not None and own in terms:
                terms.remove(own)
                terms[terms.index(x)] = whole
    values = [settled(low.graph, log_of(low, x).joined(low.graph)) for x in terms]
    values.sort(key=lambda x: (-len(x.axes), x.node.order if x.node else 0))
    out, *others = values
    for x in others:
        axes = union([out, x])
        nodes = [(S.One, view(low.graph, y, axes)) for y in (out, x)]
        out = Value(S.One, low.graph.node("logaddexp", nodes, (), lengths(axes)), axes)
    return Logarithm(S.One, out)


def _completed(e: IndexSum) -> tuple[Expr | None, Expr]:
    """Σ_k f(k) and f(i), for Σ_{k≠i} f(k)."""
    body, k = e.args
    guards = [x for x in Mul.make_args(body) if isinstance(x, Distinct) and k in x.args]
    if len(guards) != 1:
        return None, S.Zero
    other = next(x for x in guards[0].args if x != k)
    rest = Mul(*[x for x in Mul.make_args(body) if x is not guards[0]])
    return IndexSum(rest, k), rest.xreplace({k: other})


def _index_sum(low: "Lowering", body: Expr, k: Index) -> Logarithm:
    bound = [k]
    while isinstance(body, IndexSum):
        bound.append(body.args[1])
        body = body.args[0]
    inner = log_of(low, body)
    masks = inner.masks
    present = set(union([*([] if inner.value is None else [inner.value]), *masks]))
    scale = inner.scale * Mul(*[low.size(x) for x in bound if x not in present])
    over = [x for x in bound if x in present]
    if not over:
        return Logarithm(scale, inner.value, masks)
    entries = Logarithm(S.One, inner.value, masks).joined(low.graph)
    entries = settled(low.graph, entries, "logits")
    return Logarithm(scale, _reduced(low.graph, entries, over))


def _reduced(graph: Graph, entries: Value, over: Sequence[Index]) -> Value:
    assert entries.node is not None
    at = along(entries.node, (entries.axes.index(k) for k in over))
    axes = tuple(k for k in entries.axes if k not in over)
    hint = "log_sum" if axes else "log_total"
    node = graph.node("logsumexp", [(S.One, entries.node)], at, lengths(axes), hint=hint)
    return Value(S.One, node, axes)


def exponential(graph: Graph, logs: Sequence[Logarithm]) -> Value:
    """The product of positive quantities, from their logarithms."""
    joint = product_of(graph, logs)
    if joint.value is None:
        return product(graph, [Value(joint.scale), *joint.masks])
    value = elementwise(graph, "exp", joint.value, hint="weight" if joint.value.axes else "")
    return masked(graph, value, joint.masks, "0.0").times(joint.scale)
