"""The training scalar and its gradients by both views, as array expressions.

The terms of a gradient are gathered by the embedding they multiply, Σ_j A_ij v_j and w_i v_i, so
that the program has one matrix product a view and weights that can be read.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sympy import Add, Expr, Mul, S

from derive.calculus import Derivative, embedding_leaf
from derive.canonical import for_print
from derive.indices import fresh
from derive.nodes import (
    ANCHOR,
    FEATURE,
    H_PRIME,
    NEGATIVE,
    Z_PRIME,
    Component,
    H,
    IndexSum,
    Inner,
    N,
    Named,
    SampleIndex,
    View,
    Z,
    free_indices,
)
from derive.notation import sum_samples
from derive.objective import Objective
from derive.paradigm import revealed
from derive.printing.torchcode.algebra import full, product, total
from derive.printing.torchcode.arrays import Value, lengths, view
from derive.printing.torchcode.contraction import contract
from derive.printing.torchcode.rules import Lowering, on_the_sphere
from derive.printing.torchcode.shares import without_cancellation


@dataclass(frozen=True)
class Derived:
    """value: the training scalar; by_h, by_h_prime: (N, D), or None where it is zero."""

    value: Value
    by_h: Value | None
    by_h_prime: Value | None


def training_scalar(objective: Objective) -> Expr:
    """The batch scalar, or the mean over anchors."""
    formula = objective.formula()
    if objective.differentiated == "batch":
        return formula
    return sum_samples(lambda k: formula.xreplace({ANCHOR: k})) / N


def build(objective: Objective) -> Derived:
    """The array expressions of an objective's training scalar and gradients."""
    formula = training_scalar(objective)
    low = Lowering()
    scores = {x: x.value for x in formula.atoms(Named) if x.definition.score}
    value = low(on_the_sphere(formula.xreplace(scores)))
    whole = full(low.graph, value.scale) if value.node is None else value
    views = (H, H_PRIME) if objective.embeddings == "unit" else (Z, Z_PRIME)
    by = [_gradient(low, formula, v) for v in views]
    return Derived(whole, *by)


@dataclass
class _Gathered:
    """The terms of a gradient by what they multiply."""

    own: dict[View, list[Expr]] = field(default_factory=dict)
    pairs: dict[View, list[Expr]] = field(default_factory=dict)
    rest: list[Expr] = field(default_factory=list)

    def add(self, term: Expr) -> None:
        factors = Mul.make_args(term)
        holders = [x for x in factors if FEATURE in free_indices(x)]
        if len(holders) != 1:
            self.rest.append(term)
            return
        outside = Mul(*[x for x in factors if x is not holders[0]])
        body, bound = _peeled(holders[0])
        inside = Mul.make_args(body)
        carriers = [x for x in inside if FEATURE in free_indices(x)]
        index = carriers[0].args[1] if isinstance(carriers[0], Component) else None
        if len(carriers) != 1 or (index != ANCHOR and index not in bound):
            self.rest.append(term)
            return
        weight = outside * Mul(*[x for x in inside if x is not carriers[0]])
        for k in bound:
            if k != index:
                weight = IndexSum(weight, k)
        into = self.own if index == ANCHOR else self.pairs
        weight = weight if index == ANCHOR else weight.xreplace({index: NEGATIVE})
        into.setdefault(carriers[0].args[0], []).append(weight)


def _peeled(e: Expr) -> tuple[Expr, list[SampleIndex]]:
    bound = []
    while isinstance(e, IndexSum):
        body, k = e.args
        bound.append(fresh(type(k)))
        e = body.xreplace({k: bound[-1]})
    return e, bound


def _gradient(low: Lowering, formula: Expr, by: View) -> Value | None:
    gradient = revealed(for_print(Derivative(embedding_leaf(by, ANCHOR, FEATURE))(formula)))
    gathered = _Gathered()
    for term in Add.make_args(gradient):
        gathered.add(term)
    value = total(low.graph, [x for x in _terms(low, gathered) if x.scale != 0])
    if value.node is None:
        return None
    axes = (ANCHOR, FEATURE)
    node = view(low.graph, value, axes)
    if set(value.axes) != set(axes):  # the same for all anchors, or for all features
        node = low.graph.node("expanded", [(S.One, node)], (), lengths(axes))
    return Value(value.scale, node, axes)


def _terms(low: Lowering, gathered: _Gathered) -> Iterator[Value]:
    for v, weights in gathered.pairs.items():
        terms = Add.make_args(Add(*weights))
        coupled = [x for x in terms if _is_coupled(x)]
        if coupled:
            block = _called(low(Add(*coupled)), "push")
            rows = low.embeddings(v, NEGATIVE, FEATURE)
            yield contract(low.graph, [block, rows], (ANCHOR, FEATURE))
        for weight in terms:
            if weight not in coupled:
                yield low(IndexSum(Mul(weight, Component(v, NEGATIVE, FEATURE)), NEGATIVE))
    for v, weights in gathered.own.items():
        weight = _called(low(without_cancellation(Add(*weights))), "pull")
        yield product(low.graph, [weight, low.embeddings(v, ANCHOR, FEATURE)])
    if gathered.rest:
        yield low(Add(*gathered.rest))


def _called(value: Value, hint: str) -> Value:
    """The weight, with a name where its node has none."""
    node = value.node
    if node is not None and node.op in ("exp", "add", "mul", "where", "sum") and not node.hints:
        node.hints.append(hint)
    elif node is not None and node.op == "exp" and hint == "pull":
        node.hints[0] = hint
    return value


def _is_coupled(weight: Expr) -> bool:
    """Whether a block over (i, j) is needed: something beside ⟨v_i, w_j⟩ depends on both."""
    pair = frozenset((ANCHOR, NEGATIVE))
    factors = [x for x in Mul.make_args(weight) if pair <= free_indices(x)]
    return any(not isinstance(x, Inner) for x in factors) or len(factors) > 1
