"""One rule a node: how it is computed on tensors. Nothing here knows a loss.

Edges: the reciprocal of a length (a distance, a sine, a standard deviation) at 0
is 0 (the zero subgradient); an angle is 2·atan2(‖a − b‖, ‖a + b‖), since ⟨h, h⟩ exceeds 1 for one
unit vector in five; gates are strict; a tie at the maximum goes to one index.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from sympy import Add, Expr, Mul, Pow, Symbol
from sympy.core.numbers import Number, NumberSymbol
from torch import Tensor

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
    FeatureIndex,
    Given,
    H,
    Hardest,
    HardestIndex,
    Hinge,
    Index,
    IndexSum,
    Inner,
    Kept,
    Log,
    M,
    Match,
    Mismatch,
    N,
    Named,
    Sin,
    Step,
    Stop,
    Top,
    free_indices,
)
from derive.torch import arena
from derive.torch.axes import Labelled, contract, product, total
from derive.torch.exponentials import exponential, logarithm
from derive.torch.geometry import angle, chord_of_rows, sine
from derive.torch.guarded import guarded_sum
from derive.torch.logarithms import exp_of_product, holds_exp, scaling
from derive.torch.powers import power
from derive.torch.scatter import scatter
from derive.torch.selection import (
    hardest,
    hardest_index,
    same_index,
    same_label,
    taking_part,
    top,
)

if TYPE_CHECKING:
    from derive.torch.evaluator import Evaluator

Rule = Callable[["Evaluator", Expr], Labelled]


def _number(ev: "Evaluator", e: Expr) -> Labelled:
    return ev.scalar(float(e))


def _symbol(ev: "Evaluator", e: Expr) -> Labelled:
    if e in (N, D):
        return ev.scalar(float(ev.known.samples if e == N else ev.views[H].shape[1]))
    if e == M:
        return ev.scalar(float(ev.extras))
    if e.name not in ev.values:
        raise LoweringError(f"no value for {e.name}. Pass every hyper-parameter in `values`.")
    value = ev.values[e.name]
    return Labelled(value) if isinstance(value, Tensor) else ev.scalar(float(value))


def _component(ev: "Evaluator", e: Expr) -> Labelled:
    view, index, feature = e.args
    if isinstance(index, Given):
        at = ev.positions(index)
        return Labelled(ev.views[view.base][at.data], (*at.axes, feature))
    data, rows = ev.embeddings(view, index)
    return Labelled(data, (rows, feature))


def _inner(ev: "Evaluator", e: Expr) -> Labelled:
    v, i, w, j = e.args
    if isinstance(i, Given):
        v, i, w, j = w, j, v, i
    if isinstance(j, Given):
        return ev.picked(v, i, w, j)
    if isinstance(i, HardestIndex):
        v, i, w, j = w, j, v, i
    if isinstance(j, HardestIndex) and not isinstance(i, HardestIndex):
        found = ev.gathered(v, w, ev(j))
        if found is not None:
            return Labelled(found, ev(j).axes)
    if i == j:
        data, axis = ev.aligned(v, w, i)
        return Labelled(data, (axis,))
    left, rows = ev.embeddings(v, i)
    right, columns = ev.embeddings(w, j)
    if rows == columns:
        return Labelled(torch.mul(left, right, out=arena.like(left)).sum(dim=1), (rows,))
    if isinstance(i, HardestIndex) or isinstance(j, HardestIndex):
        return Labelled(left @ right.T, (rows, columns))
    return Labelled(ev.block(v, rows, w, columns), (rows, columns))


def _add(ev: "Evaluator", e: Expr) -> Labelled:
    sides = chord_of_rows(ev, e)
    if sides is not None:
        left, right, axis = sides
        apart = torch.sub(left, right, out=arena.like(left))
        return Labelled(torch.linalg.vector_norm(apart, dim=1).square_(), (axis,))
    return total([ev(x) for x in e.args])


def _mul(ev: "Evaluator", e: Expr) -> Labelled:
    scales = [] if ev.known.direct else scaling(e.args)
    rest = [x for x in e.args if x not in scales]
    for x in rest if scales else []:
        if isinstance(x, IndexSum) and x.has(Exp):
            # Σ_k e^x_k c_k / Σ_k e^x_k: the normaliser goes inside, or e^x overflows where the
            # softmax does not.
            body, k = x.args
            return ev(Mul(IndexSum(Mul(body, *scales), k), *[y for y in rest if y is not x]))
        if isinstance(x, Add) and holds_exp(x):  # a difference of exponentials: from logarithms
            others = [y for y in rest if y is not x]
            return ev(Add(*[Mul(y, *scales, *others) for y in x.args]))
    parts = exp_of_product(ev, scales) if scales else []
    return product([*parts, *[ev(x) for x in rest]])


def _index_sum(ev: "Evaluator", e: Expr) -> Labelled:
    body, k = e.args
    if ev.by_logarithm(e):
        return product(exp_of_product(ev, [e]))
    bound = [k]
    while isinstance(body, IndexSum) and not ev.by_logarithm(body):
        bound.append(body.args[1])
        body = body.args[0]
    return _sum_over(ev, body, bound)


def _sum_over(ev: "Evaluator", body: Expr, bound: list[Index]) -> Labelled:
    if isinstance(body, Add):
        return total([_sum_over(ev, x, bound) for x in body.args])
    scattered = scatter(ev, body, bound)
    if scattered is not None:
        return scattered
    scales = [] if ev.known.direct else scaling(Mul.make_args(body))
    if not scales and len(bound) == 1:
        guarded = guarded_sum(ev, body, bound[0])
        if guarded is not None:
            return guarded
    keep = free_indices(body) - frozenset(bound)
    guards = [x for x in Mul.make_args(body) if scales and isinstance(x, Distinct)]
    rest = [x for x in Mul.make_args(body) if x not in scales and x not in guards]
    parts = [part for x in rest for part in _factors(ev, x, bound)]
    if scales:
        parts += exp_of_product(ev, scales, guards)
    # what the values do not run over: a name is called at an index that its body may not have
    unused = set(bound).difference(*[x.axes for x in parts])
    scalars = [x for x in parts if not x.axes] + [ev.scalar(float(ev.size(k))) for k in unused]
    tensors = [x for x in parts if x.axes]
    return product([*([contract(tensors, keep)] if tensors else []), *scalars])


def _factors(ev: "Evaluator", x: Expr, bound: list[Index]) -> list[Labelled]:
    """A factor of a sum; ⟨v_i, w_j⟩ as two components, so that the cheaper order can be taken."""
    if isinstance(x, Pow) and x.exp == 2 and isinstance(x.base, Component):
        return [ev(x.base)] * 2
    summed = not free_indices(x).isdisjoint(bound)
    if isinstance(x, Inner) and summed and x.args[1] != x.args[3] and not ev.knows(x):
        v, i, w, j = x.args
        a = fresh(FeatureIndex)
        return [_component(ev, Component(v, i, a)), _component(ev, Component(w, j, a))]
    return [ev(x)]


def _unary(function: Callable[..., Tensor], *arguments: float) -> Rule:
    def rule(ev: "Evaluator", e: Expr) -> Labelled:
        x = ev(e.args[0])
        return Labelled(function(x.data, *arguments, out=arena.like(x.data)), x.axes)

    return rule


def _step(ev: "Evaluator", e: Expr) -> Labelled:
    """1 where the argument is > 0, else 0; NaN is neither."""
    x = ev(e.args[0])
    out = arena.like(x.data)
    out = torch.empty_like(x.data) if out is None else out
    return Labelled(torch.gt(x.data, 0, out=out), x.axes)


RULES: dict[type, Rule] = {
    Number: _number,
    NumberSymbol: _number,
    Symbol: _symbol,
    Add: _add,
    Mul: _mul,
    Pow: power,
    Component: _component,
    Inner: _inner,
    IndexSum: _index_sum,
    Delta: same_index,
    Distinct: same_index,
    Match: same_label,
    Mismatch: same_label,
    Kept: taking_part,
    Top: top,
    Hardest: hardest,
    HardestIndex: hardest_index,
    Exp: exponential,
    Log: logarithm,
    Angle: angle,
    Cos: _unary(torch.cos),
    Sin: sine,
    Hinge: _unary(torch.clamp, 0.0),
    Step: _step,
    Stop: lambda ev, e: ev(e.args[0]),
    Named: lambda ev, e: ev(e.value),
}
