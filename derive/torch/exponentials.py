"""Exponentials and logarithms on tensors, as they are or by `derive.torch.logarithms`."""

from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from sympy import Add, Expr, Mul, S

from derive.nodes import Inner
from derive.torch import arena
from derive.torch.axes import Labelled, product
from derive.torch.logarithms import log_of

if TYPE_CHECKING:
    from derive.torch.evaluator import Evaluator


@lru_cache(maxsize=10_000)
def _scaled_inner(arg: Expr) -> tuple[Expr | None, Expr]:
    """An inner product in a product, and the other factors."""
    inner = next((x for x in Mul.make_args(arg) if isinstance(x, Inner)), None)
    return (None, arg) if inner is None else (inner, arg / inner)


@lru_cache(maxsize=10_000)
def _less_one(e: Expr) -> Expr | None:
    """x of 1 + x."""
    return e - 1 if isinstance(e, Add) and S.One in e.args else None


def exponential(ev: "Evaluator", e: Expr) -> Labelled:
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


def logarithm(ev: "Evaluator", e: Expr) -> Labelled:
    arg = e.args[0]
    if ev.by_logarithm(arg):
        return log_of(ev, arg)
    rest = _less_one(arg)
    if rest is not None:
        x = ev(rest)
        return Labelled(torch.log1p(x.data, out=arena.like(x.data)), x.axes)
    x = ev(arg)
    return Labelled(torch.log(x.data, out=arena.like(x.data)), x.axes)
