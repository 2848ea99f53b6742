"""One rule a node: its definition in plain torch."""

import math
from collections.abc import Callable, Sequence
from functools import reduce

import torch
from sympy import Add, Expr, Mul, Pow, Rational, Symbol, pi
from torch import Tensor
from torch.linalg import vector_norm

from derive.errors import LoweringError
from derive.nodes import (
    Angle,
    Component,
    Cos,
    D,
    Delta,
    Distinct,
    Exp,
    ExtraIndex,
    FeatureIndex,
    Hardest,
    HardestIndex,
    Hinge,
    IndexSum,
    Inner,
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
)
from verify.formula.evaluator import Evaluator, Rule
from verify.formula.grids import Grid, pointwise, summed_product
from verify.formula.logarithms import is_positive, logarithm, product_of_exponentials
from verify.formula.selection import equal, hardest, hardest_index, same_label, top

GUARDS = (Delta, Distinct)
_ROUNDING = 1e-12  # below zero by no more: a root of 0
_FEATURE = FeatureIndex("_feature")


def _symbol(ev: Evaluator, e: Expr) -> Grid:
    if e in (N, D):
        return ev.number(float(ev.h.shape[0 if e == N else 1]))
    if e == M:
        return ev.number(float(ev.size(ExtraIndex("_m"))))
    if e.name not in ev.values:
        raise LoweringError(f"no value for {e.name}: give every hyper-parameter one.")
    return ev.number(ev.values[e.name])


def _add(ev: Evaluator, e: Expr) -> Grid:
    return pointwise(lambda *terms: reduce(torch.add, terms), *map(ev, e.args))


def _factors(ev: Evaluator, factors: Sequence[Expr]) -> list[Grid]:
    """The factors under the conditions among them; several exponentials as one."""
    with ev.guarded([x for x in factors if isinstance(x, GUARDS)]):
        large = [x for x in factors if x.has(Exp) and is_positive(x)]
        if len(large) < 2:
            return [ev(x) for x in factors]
        return [product_of_exponentials(ev, large), *[ev(x) for x in factors if x not in large]]


def _mul(ev: Evaluator, e: Expr) -> Grid:
    # One after another: the backward of torch.prod divides.
    return pointwise(lambda *x: reduce(torch.mul, x), *_factors(ev, e.args))


def _sum(ev: Evaluator, e: Expr) -> Grid:
    bound, body = [e.args[1]], e.args[0]
    while isinstance(body, IndexSum) and body.args[1] not in bound:
        bound.append(body.args[1])
        body = body.args[0]
    parts = _factors(ev, Mul.make_args(body))
    missing = [k for k in bound if not any(k in x.axes for x in parts)]
    times = ev.number(float(math.prod(map(ev.size, missing))))
    return summed_product([times, *parts], bound)


def _exp(ev: Evaluator, e: Expr) -> Grid:
    exponent = ev.shielded(e.args[0], 0.0)
    return Grid(exponent.data.exp(), exponent.axes)


def _pow(ev: Evaluator, e: Expr) -> Grid:
    """A root of 0 is 0, with the zero subgradient."""
    exponent = ev(e.exp).data
    if exponent.ndim or exponent.requires_grad:
        raise LoweringError(f"the exponent of {e} depends on the embeddings. Write it with Exp.")
    power = exponent.item()
    if e.exp.is_Integer:
        base = ev(e.base) if power > 0 else ev.shielded(e.base, 1.0)
        return Grid(base.data ** int(power), base.axes)
    base = ev.shielded(e.base, 1.0)
    inside = base.data > 0
    root = torch.where(inside, base.data, 1.0) ** power
    edge = torch.where(base.data < -_ROUNDING, math.nan, 0.0 if power > 0 else math.inf)
    return Grid(torch.where(inside, root, edge), base.axes)


def _inner(ev: Evaluator, e: Expr) -> Grid:
    v, i, w, j = e.args
    return summed_product([ev.rows(v, i, _FEATURE), ev.rows(w, j, _FEATURE)], [_FEATURE])


def _angle(ev: Evaluator, e: Expr) -> Grid:
    """Between unit vectors by 2 atan2(‖u − v‖, ‖u + v‖), exact where they nearly agree."""
    inner = e.args[0]
    if not isinstance(inner, Inner) or not all(x.unit for x in inner.args[::2]):
        cosine = ev(inner)
        inside = cosine.data.abs() < 1
        angle = torch.where(inside, cosine.data, 0.0).acos()
        edge = torch.where(cosine.data > 0, 0.0, math.pi)
        return Grid(torch.where(inside, angle, edge), cosine.axes)
    v, i, w, j = inner.args

    def between(x: Tensor, y: Tensor) -> Tensor:
        return 2 * torch.atan2(vector_norm(x - y, dim=0), vector_norm(x + y, dim=0))

    left, right = ev.rows(v, i, _FEATURE), ev.rows(w, j, _FEATURE)
    axes = tuple(dict.fromkeys((*left.axes, *right.axes)))
    ordered = (_FEATURE, *[k for k in axes if k != _FEATURE])
    return Grid(between(left.over(ordered), right.over(ordered)), ordered[1:])


def _stop(ev: Evaluator, e: Expr) -> Grid:
    value = ev(e.args[0])
    return Grid(value.data.detach(), value.axes)


def _unary(function: Callable[[Tensor], Tensor]) -> Rule:
    def rule(ev: Evaluator, e: Expr) -> Grid:
        value = ev(e.args[0])
        return Grid(function(value.data), value.axes)

    return rule


RULES: dict[type, Rule] = {
    Rational: lambda ev, e: ev.number(int(e.p) / int(e.q)),
    type(pi): lambda ev, e: ev.number(math.pi),
    Symbol: _symbol,
    Add: _add,
    Mul: _mul,
    Pow: _pow,
    Component: lambda ev, e: ev.rows(*e.args),
    Inner: _inner,
    IndexSum: _sum,
    Delta: equal,
    Distinct: equal,
    Match: same_label,
    Mismatch: same_label,
    Top: top,
    Hardest: hardest,
    HardestIndex: hardest_index,
    Exp: _exp,
    Log: lambda ev, e: logarithm(ev, e.args[0]),
    Angle: _angle,
    Cos: _unary(torch.cos),
    Sin: _unary(torch.sin),
    Hinge: _unary(torch.relu),
    Step: _unary(lambda x: (x > 0).to(x.dtype)),
    Stop: _stop,
    Named: lambda ev, e: ev(e.value),
}
