"""The factors of a summand: which come apart, and which belong together."""

from collections.abc import Sequence

from sympy import Add, Expr, Mul, Pow

from derive.indices import fresh
from derive.nodes import Component, Distinct, Index, IndexSum, Inner, free_indices
from derive.printing.torchcode.positive import has_exponential, is_exponential
from derive.printing.torchcode.selection import PICKS


def repeated(x: Expr) -> list[Expr]:
    if isinstance(x, Pow) and x.exp == 2 and isinstance(x.base, Component):
        return [x.base, x.base]
    return [x]


def signed(rest: Sequence[Expr]) -> Expr | None:
    """A sum with exponentials that is no positive quantity."""
    sums = (x for x in rest if isinstance(x, IndexSum | Add) and has_exponential(x))
    return next((x for x in sums if not is_exponential(x)), None)


def scaled(e: Expr, scale: Expr) -> Expr:
    if isinstance(e, Add):
        return Add(*[Mul(x, scale) for x in e.args])
    body, k = e.args
    new = fresh(type(k))  # the scale may use the same name inside
    return IndexSum(Mul(body.xreplace({k: new}), scale), new)


def removable(rest: Sequence[Expr], bound: Sequence[Index]) -> Expr | None:
    """A condition k ≠ i of which no other factor has both k and i."""
    for x in rest:
        guards = isinstance(x, Distinct) and any(k in bound for k in x.args)
        if guards and not any(_couples(y, *x.args) for y in rest if y is not x):
            return x
    return None


def _couples(y: Expr, k: Expr, i: Expr) -> bool:
    """Whether a factor depends on both; ⟨v_k, w_at(i)⟩ comes apart, as the sum of v_k does."""
    if not free_indices(k) | free_indices(i) <= free_indices(y):
        return False
    return not isinstance(y, Inner) or plain_beside_picked(y) is None


def plain_beside_picked(x: Inner) -> Expr | None:
    """k of ⟨v_k, w_at⟩, a sample and a picked one that does not depend on it."""
    _, i, _, j = x.args
    for k, at in ((i, j), (j, i)):
        if isinstance(at, PICKS) and not isinstance(k, PICKS) and k not in free_indices(at):
            return k
    return None
