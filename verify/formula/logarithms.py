"""Logarithms of sums and products of exponentials, without the exponentials."""

from collections.abc import Sequence
from functools import reduce

import torch
from sympy import Add, Expr, Mul, Pow

from derive.nodes import (
    Delta,
    Distinct,
    Exp,
    IndexSum,
    Match,
    Mismatch,
    Named,
    Step,
    Stop,
    Top,
)
from verify.formula.evaluator import Evaluator
from verify.formula.grids import Grid, pointwise

_INDICATORS = (Delta, Distinct, Match, Mismatch, Step, Top)


def is_positive(e: Expr) -> bool:
    """Whether an expression is positive by its form (an indicator in a product may make it 0)."""
    if isinstance(e, Exp):
        return True
    if isinstance(e, Named):
        return is_positive(e.value)
    if isinstance(e, IndexSum | Stop | Pow):
        return is_positive(e.args[0])
    if isinstance(e, Add):
        return all(map(is_positive, e.args))
    if isinstance(e, Mul):
        return all(isinstance(x, _INDICATORS) or is_positive(x) for x in e.args)
    return not e.args and bool(e.is_positive)


def product_of_exponentials(ev: Evaluator, factors: Sequence[Expr]) -> Grid:
    """e^(Σ log): a softmax whose parts are not numbers any more is one."""
    total = ev.shield(_total([logarithm(ev, x) for x in factors]), Mul(*factors), 0.0)
    return Grid(total.data.exp(), total.axes)


def logarithm(ev: Evaluator, e: Expr) -> Grid:
    """log e; −∞ where e is 0."""
    if isinstance(e, Exp):
        return ev(e.args[0])
    if isinstance(e, Named):
        return logarithm(ev, e.value)
    if isinstance(e, Stop):
        inside = logarithm(ev, e.args[0])
        return Grid(inside.data.detach(), inside.axes)
    if is_positive(e) and e.has(Exp):
        if isinstance(e, Pow):
            return pointwise(torch.mul, ev(e.exp), logarithm(ev, e.base))
        if isinstance(e, Mul):
            return _of_product(ev, e)
        if isinstance(e, Add):
            return pointwise(_log_sum_exp, *[logarithm(ev, x) for x in e.args])
        if isinstance(e, IndexSum):
            return _of_sum(ev, e)
    value = ev.shielded(e, 1.0)
    return Grid(value.data.log(), value.axes)


def _of_product(ev: Evaluator, e: Expr) -> Grid:
    with ev.guarded([x for x in e.args if isinstance(x, Delta | Distinct)]):
        return _total([_of_factor(ev, x) for x in e.args])


def _of_factor(ev: Evaluator, e: Expr) -> Grid:
    if not isinstance(e, _INDICATORS):
        return logarithm(ev, e)
    value = ev(e)
    return Grid(torch.where(value.data != 0, 0.0, -torch.inf).to(value.data.dtype), value.axes)


def _of_sum(ev: Evaluator, e: Expr) -> Grid:
    body, k = e.args
    inside = logarithm(ev, body)
    if k not in inside.axes:
        return Grid(inside.data + torch.tensor(float(ev.size(k))).log(), inside.axes)
    axes = (k, *[a for a in inside.axes if a != k])
    return Grid(inside.over(axes).logsumexp(dim=0), axes[1:])


def _total(parts: Sequence[Grid]) -> Grid:
    return pointwise(lambda *x: reduce(torch.add, x), *parts)


def _log_sum_exp(*terms: torch.Tensor) -> torch.Tensor:
    return torch.stack(torch.broadcast_tensors(*terms)).logsumexp(dim=0)
