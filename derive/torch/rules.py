"""One rule a node: how it is computed on tensors. Nothing here knows a loss.

Edges: the reciprocal of a length (a distance, a sine, a standard deviation) at 0
is 0 (the zero subgradient); an angle is 2·atan2(‖a − b‖, ‖a + b‖), since ⟨h, h⟩ exceeds 1 for one
unit vector in five; gates are strict; a tie at the maximum goes to one index.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from sympy import Add, Expr, Mul, Pow, S, Symbol
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
    View,
    free_indices,
)
from derive.torch import arena
from derive.torch.axes import Labelled, contract, product, total
from derive.torch.guarded import guarded_sum
from derive.torch.logarithms import exp_of_product, holds_exp, log_of, scaling
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
    left, rows = ev.embeddings(v, i)
    right, columns = ev.embeddings(w, j)
    if rows == columns:
        return Labelled(torch.mul(left, right, out=arena.like(left)).sum(dim=1), (rows,))
    if isinstance(i, HardestIndex) or isinstance(j, HardestIndex):
        return Labelled(left @ right.T, (rows, columns))
    return Labelled(ev.block(v, rows, w, columns), (rows, columns))


def _add(ev: "Evaluator", e: Expr) -> Labelled:
    sides = _chord_of_rows(ev, e)
    if sides is not None:
        left, right, axis = sides
        apart = torch.sub(left, right, out=arena.like(left))
        return Labelled(torch.linalg.vector_norm(apart, dim=1).square_(), (axis,))
    return total([ev(x) for x in e.args])


def _chord_of_rows(ev: "Evaluator", e: Expr) -> tuple[Tensor, Tensor, Index] | None:
    """The two sides if the sum is 2 − 2⟨v_i, w_j⟩ of unit rows, one pair a row: as ‖v_i − w_j‖²
    it keeps its digits at close points."""
    sides = _sides_of_chord(e)
    if sides is None:
        return None
    v, i, w, j = sides
    (left, rows), (right, columns) = ev.embeddings(v, i), ev.embeddings(w, j)
    return (left, right, rows) if rows == columns else None


@lru_cache(maxsize=10_000)
def _sides_of_chord(e: Expr) -> tuple[View, Expr, View, Expr] | None:
    rest = e - 2
    if not (isinstance(rest, Mul) and len(rest.args) == 2 and rest.args[0] == -2):
        return None
    if not isinstance(rest.args[1], Inner):
        return None
    v, i, w, j = rest.args[1].args
    if not (v.unit and w.unit) or "centred" in (v.role, w.role):
        return None
    one_a_row = i == j or isinstance(i, HardestIndex) or isinstance(j, HardestIndex)
    return (v, i, w, j) if one_a_row else None


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
    unused = [k for k in bound if k not in free_indices(body)]
    keep = free_indices(body) - frozenset(bound)
    guards = [x for x in Mul.make_args(body) if scales and isinstance(x, Distinct)]
    rest = [x for x in Mul.make_args(body) if x not in scales and x not in guards]
    parts = [part for x in rest for part in _factors(ev, x, bound)]
    if scales:
        parts += exp_of_product(ev, scales, guards)
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


@lru_cache(maxsize=10_000)
def _scaled_inner(arg: Expr) -> tuple[Expr | None, Expr]:
    """An inner product in a product, and the other factors."""
    inner = next((x for x in Mul.make_args(arg) if isinstance(x, Inner)), None)
    return (None, arg) if inner is None else (inner, arg / inner)


@lru_cache(maxsize=10_000)
def _less_one(e: Expr) -> Expr | None:
    """x of 1 + x."""
    return e - 1 if isinstance(e, Add) and S.One in e.args else None


def _exp(ev: "Evaluator", e: Expr) -> Labelled:
    arg = e.args[0]
    inner, factor = _scaled_inner(arg)
    own = None if inner is None else ev.own_block(inner)
    if own is not None:
        rest = ev(factor)
        if not rest.axes:
            return Labelled(own.data.mul_(rest.data).exp_(), own.axes)
    if isinstance(arg, Mul) and not ev.knows(arg):
        x = product([ev(y) for y in arg.args])  # a tensor of its own
        return Labelled(x.data.exp_() if len(arg.args) > 1 else x.data.exp(), x.axes)
    x = ev(arg)
    return Labelled(torch.exp(x.data, out=arena.like(x.data)), x.axes)


def _log(ev: "Evaluator", e: Expr) -> Labelled:
    arg = e.args[0]
    if ev.by_logarithm(arg):
        return log_of(ev, arg)
    rest = _less_one(arg)
    if rest is not None:
        x = ev(rest)
        return Labelled(torch.log1p(x.data, out=arena.like(x.data)), x.axes)
    x = ev(arg)
    return Labelled(torch.log(x.data, out=arena.like(x.data)), x.axes)


def _angle(ev: "Evaluator", e: Expr) -> Labelled:
    cosine = e.args[0]
    if not isinstance(cosine, Inner):
        raise LoweringError(f"{e}: only the angle of two embeddings has a rule.")
    v, i, w, j = cosine.args
    left, rows = ev.embeddings(v, i)
    right, columns = ev.embeddings(w, j)
    if rows == columns:
        apart, together = (left - right).norm(dim=1), (left + right).norm(dim=1)
        return Labelled(2 * torch.atan2(apart, together), (rows,))
    c = ev(cosine)
    return Labelled(
        2 * torch.atan2((1 - c.data).clamp(min=0).sqrt(), (1 + c.data).clamp(min=0).sqrt()), c.axes
    )


def _sin(ev: "Evaluator", e: Expr) -> Labelled:
    """sin θ = ½ ‖a − b‖ ‖a + b‖ of the angle of two rows: exactly 0 at 0 and π."""
    cosine = e.args[0].args[0] if isinstance(e.args[0], Angle) else None
    if isinstance(cosine, Inner):
        v, i, w, j = cosine.args
        left, rows = ev.embeddings(v, i)
        right, columns = ev.embeddings(w, j)
        if rows == columns:
            sides = (left - right).norm(dim=1) * (left + right).norm(dim=1)
            return Labelled(sides / 2, (rows,))
    return _unary(torch.sin)(ev, e)


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
    Exp: _exp,
    Log: _log,
    Angle: _angle,
    Cos: _unary(torch.cos),
    Sin: _sin,
    Hinge: _unary(torch.clamp, 0.0),
    Step: _step,
    Stop: lambda ev, e: ev(e.args[0]),
    Named: lambda ev, e: ev(e.value),
}
