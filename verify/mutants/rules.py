"""Faults of single rules of `derive.torch.rules`: one node, computed wrongly everywhere."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from sympy import Add, Expr, Mul, Pow, Symbol

from derive.nodes import (
    Angle,
    Component,
    Cos,
    D,
    Delta,
    Distinct,
    Exp,
    Hardest,
    HardestIndex,
    Hinge,
    IndexSum,
    Inner,
    Log,
    Match,
    Mismatch,
    N,
    Sin,
    Step,
    Top,
)
from derive.torch.axes import Labelled
from derive.torch.evaluator import Evaluator
from derive.torch.rules import RULES
from verify.edits.views import other
from verify.mutants.planting import Fault, transposed

Rule = Callable[[Evaluator, Expr], Labelled]
_REAL = (
    Inner, Component, Exp, Log, Pow, Hinge, Angle, Sin, Cos, Hardest, IndexSum, Add, Mul,
)  # fmt: skip
_INDICATORS = (Distinct, Delta, Match, Mismatch, Step, Top)


def of_rules() -> Iterator[Fault]:
    for node in _REAL:
        yield Fault("sign", f"−{node.__name__}", RULES, node, _times(-1.0))
        yield Fault("factor", f"2 {node.__name__}", RULES, node, _times(2.0))
    for node in _INDICATORS:
        yield Fault("gate", f"{node.__name__} always 1", RULES, node, _constant(1.0))
        yield Fault("gate", f"{node.__name__} always 0", RULES, node, _constant(0.0))
        yield Fault("gate", f"{node.__name__} of the others", RULES, node, _opposite)
    yield from _special()


def _special() -> Iterator[Fault]:
    yield Fault("gate", "Step open at 0 too", RULES, Step, _closed_step)
    yield Fault("gate", "Hinge without its gate", RULES, Hinge, _argument)
    yield Fault("power", "Pow without its exponent", RULES, Pow, _base)
    yield Fault("power", "Log left out", RULES, Log, _argument)
    yield Fault("sign", "Exp of −x", RULES, Exp, _inverse)
    yield Fault("index", "Inner transposed", RULES, Inner, _transposed)
    yield Fault("view", "Inner with another first view", RULES, Inner, _other_view(0))
    yield Fault("view", "Inner with another second view", RULES, Inner, _other_view(2))
    yield Fault("view", "Component of the other view", RULES, Component, _other_view(0))
    yield Fault("extremum", "HardestIndex of the least", RULES, HardestIndex, _least)
    yield Fault("index", "HardestIndex of the next sample", RULES, HardestIndex, _next)
    yield Fault("reduction", "IndexSum as a mean", RULES, IndexSum, _mean)
    yield Fault("count", "N − 1 for N", RULES, Symbol, _one_less(N))
    yield Fault("count", "D − 1 for D", RULES, Symbol, _one_less(D))
    yield Fault("temperature", "hyper-parameters doubled", RULES, Symbol, _hyper_doubled)


def _times(factor: float) -> Callable[..., Labelled]:
    def altered(right: Rule, ev: Evaluator, e: Expr) -> Labelled:
        found = right(ev, e)
        return Labelled(found.data * factor, found.axes)

    return altered


def _constant(value: float) -> Callable[..., Labelled]:
    def altered(right: Rule, ev: Evaluator, e: Expr) -> Labelled:
        found = right(ev, e)
        return Labelled(torch.full_like(found.data, value), found.axes)

    return altered


def _opposite(right: Rule, ev: Evaluator, e: Expr) -> Labelled:
    found = right(ev, e)
    return Labelled((found.data == 0).to(found.data.dtype), found.axes)


def _closed_step(right: Rule, ev: Evaluator, e: Expr) -> Labelled:
    found, argument = right(ev, e), ev(e.args[0])
    return Labelled((argument.data >= 0).to(found.data.dtype), found.axes)


def _argument(right: Rule, ev: Evaluator, e: Expr) -> Labelled:
    return ev(e.args[0])


def _base(right: Rule, ev: Evaluator, e: Expr) -> Labelled:
    return ev(e.args[0])


def _inverse(right: Rule, ev: Evaluator, e: Expr) -> Labelled:
    found = right(ev, e)
    return Labelled(1 / found.data, found.axes)


def _transposed(right: Rule, ev: Evaluator, e: Expr) -> Labelled:
    """The block of all pairs, rows for columns."""
    found = right(ev, e)
    return Labelled(transposed(found.data), found.axes)


def _other_view(at: int) -> Callable[..., Labelled]:
    def altered(right: Rule, ev: Evaluator, e: Expr) -> Labelled:
        args = [other(x) if n == at else x for n, x in enumerate(e.args)]
        return right(ev, e.func(*args))

    return altered


def _least(right: Rule, ev: Evaluator, e: Expr) -> Labelled:
    return right(ev, HardestIndex(-e.args[0], *e.args[1:]))


def _next(right: Rule, ev: Evaluator, e: Expr) -> Labelled:
    found = right(ev, e)
    return Labelled((found.data + 1) % ev.known.samples, found.axes)


def _mean(right: Rule, ev: Evaluator, e: Expr) -> Labelled:
    found = right(ev, e)
    return Labelled(found.data / ev.size(e.args[1]), found.axes)


def _one_less(size: Expr) -> Callable[..., Labelled]:
    def altered(right: Rule, ev: Evaluator, e: Expr) -> Labelled:
        found = right(ev, e)
        return Labelled(found.data - 1, found.axes) if e == size else found

    return altered


def _hyper_doubled(right: Rule, ev: Evaluator, e: Expr) -> Any:
    found = right(ev, e)
    return found if e in (N, D) else Labelled(2 * found.data, found.axes)
