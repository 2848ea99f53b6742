"""Positive quantities made of exponentials, by their logarithms: nothing overflows.

Σ_k e^{x_k} is a log-sum-exp; a softmax is e^{x − lse}; the dissipation of a softmax is
e^{lse(negatives) − lse(all)}, which keeps its digits where 1 − p would lose them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import TYPE_CHECKING

import torch
from sympy import Add, Expr, Mul, Pow
from sympy.core.numbers import Number

from derive.nodes import (
    NEGATIVE,
    Delta,
    Distinct,
    Exp,
    Index,
    IndexSum,
    Kept,
    Match,
    Mismatch,
    Named,
    SampleIndex,
    Step,
    Stop,
    Top,
    free_indices,
)
from derive.torch.axes import Labelled, total

if TYPE_CHECKING:
    from derive.torch.evaluator import Evaluator

_SELECTING = Kept | Match | Mismatch | Step | Top
_INDICATORS = Delta | Distinct | Kept | Match | Mismatch | Step | Top


@dataclass(frozen=True)
class Shifted:
    """e^{x − max x} over a row, and what belongs to it: the block is computed once a tile.

    entries: over (rows, j), 0 where j is `without`; shift: the maximum; log_total: log Σ e^x.
    """

    without: Expr | None
    entries: Labelled
    shift: Labelled
    log_total: Labelled


@lru_cache(maxsize=100_000)
def is_exponential(e: Expr) -> bool:
    """A positive expression with an exponential in it, built so that `Evaluator.log` applies."""
    return (e.has(Exp) or e.has(Named)) and holds_exp(e) and _positive(e)


def holds_exp(e: Expr) -> bool:
    return e.has(Exp) or any(holds_exp(x.value) for x in e.atoms(Named))


def _positive(e: Expr) -> bool:
    if isinstance(e, Exp):
        return True
    if isinstance(e, _INDICATORS):
        return True  # log 0 = −∞ drops out of every log-sum-exp
    if isinstance(e, Named):
        return is_exponential(e.value)
    if isinstance(e, Stop):
        return _positive(e.args[0])
    if isinstance(e, Add | Mul):
        return all(_positive(x) for x in e.args)
    if isinstance(e, Pow):
        return _positive(e.base) and bool(e.exp.is_number)
    if isinstance(e, IndexSum):
        return _positive(e.args[0])
    return bool((isinstance(e, Number) or e.is_Symbol) and e.is_nonnegative)


def scaling(factors: Sequence[Expr]) -> list[Expr]:
    """The factors to multiply by their logarithms: exponentials, and with them the indicators that
    leave some out, which may be those that overflow."""
    exponentials = [x for x in factors if is_exponential(x)]
    if not exponentials:
        return []
    return [x for x in factors if x in exponentials or isinstance(x, _SELECTING)]


def log_of(ev: "Evaluator", e: Expr) -> Labelled:
    """log e, for an expression that `is_exponential` accepts."""
    found = ev.logs.get(e)
    if found is None:
        found = ev.remembered(ev.known.logs, e)
        if found is None:
            found = _log(ev, e)
            ev.remember(ev.known.logs, e, found)
        ev.logs[e] = found
    return found


def _log(ev: "Evaluator", e: Expr) -> Labelled:
    if isinstance(e, Exp):
        return ev(e.args[0])
    if isinstance(e, Named):
        return log_of(ev, e.value)
    if isinstance(e, Stop):
        return log_of(ev, e.args[0])
    if isinstance(e, Pow):
        power = log_of(ev, e.base)
        return Labelled(power.data * float(e.exp), power.axes)
    if isinstance(e, Mul):
        return total([log_of(ev, x) for x in e.args])
    if isinstance(e, Add):
        parts = [log_of(ev, x) for x in e.args]
        axes = total(parts).axes
        out = parts[0].over(axes)
        for x in parts[1:]:
            out = torch.logaddexp(out, x.over(axes))
        return Labelled(out, axes)
    if isinstance(e, IndexSum):
        return _log_sum(ev, *e.args)
    value = ev(e)
    return Labelled(value.data.log(), value.axes)


def _log_sum(ev: "Evaluator", body: Expr, k: Index) -> Labelled:
    if k not in free_indices(body):
        return total([log_of(ev, body), ev.scalar(log(ev.size(k)))])
    guards = [x for x in Mul.make_args(body) if isinstance(x, Distinct)]
    rest = Mul(*[x for x in Mul.make_args(body) if x not in guards])
    if isinstance(k, SampleIndex) and NEGATIVE not in free_indices(body):
        # under j, the name that the coefficients use: one block for both
        rest = rest.xreplace({k: NEGATIVE})
        guards = [x.xreplace({k: NEGATIVE}) for x in guards]
        k = NEGATIVE
    value = log_of(ev, rest)
    if len(guards) <= 1 and _is_block(value, guards, k):
        return shifted(ev, rest, guards, k).log_total
    for guard in guards:
        value = ev.without(guard, value)
    at = value.axes.index(k)
    axes = tuple(x for x in value.axes if x != k)
    return Labelled(torch.logsumexp(value.data, dim=at), axes)


def _is_block(value: Labelled, guards: list[Expr], k: Index) -> bool:
    own = set(value.axes)
    return len(own) == 2 and k in own and all(set(x.args) == own for x in guards)


def shifted(ev: "Evaluator", e: Expr, guards: list[Expr], k: Index) -> Shifted:
    """The exponentials of log e over the rows of k, without the guarded entries."""
    others = [x for guard in guards for x in guard.args if x != k]
    found = ev.shifted.get(e)
    if found is not None and found.without == (others[0] if others else None):
        return found
    value = log_of(ev, e)
    at, axes = value.axes.index(k), tuple(x for x in value.axes if x != k)
    with ev.leaving_out(value, bool(guards)) as data:
        shift = data.amax(dim=at, keepdim=True)
        shift = torch.where(shift == -torch.inf, 0, shift)  # a row without an entry sums to 0
        entries = (data - shift).exp_()
    shift = shift.squeeze(at)
    found = ev.shifted[e] = Shifted(
        others[0] if others else None,
        Labelled(entries, value.axes),
        Labelled(shift, axes),
        Labelled(shift + entries.sum(dim=at).log(), axes),
    )
    return found


def exp_of_product(
    ev: "Evaluator", factors: list[Expr], guards: Sequence[Expr] = ()
) -> list[Labelled]:
    """Π factors, each accepted by `is_exponential`, as factors that do not overflow; 0 where a
    guard is 0, since what it leaves out may overflow."""
    if ev.off_diagonal and not guards:
        for x in factors:
            block = ev.shifted.get(x)
            rest = [log_of(ev, y) for y in factors if y is not x]
            if block is not None and all(NEGATIVE not in y.axes for y in rest):
                scale = total([block.shift, *rest])
                return [block.entries, Labelled(scale.data.exp(), scale.axes)]
    logs = total([log_of(ev, x) for x in factors])
    for guard in guards:
        logs = ev.without(guard, logs)
    return [Labelled(logs.data.exp(), logs.axes)]
