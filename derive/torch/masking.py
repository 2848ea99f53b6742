"""A loss some of whose pairs are left out: `Kept` in its sums over the candidates of a sample.

A search for the hardest candidate needs no condition in the formula: its rule leaves pairs out.
"""

from sympy import Expr, Mul

from derive.nodes import (
    Distinct,
    IndexSum,
    Inner,
    Kept,
    Match,
    Mismatch,
    Named,
    SampleIndex,
    free_indices,
)

_PAIRED = (Inner, Distinct, Match, Mismatch)


def left_out(e: Expr) -> Expr:
    """The formula with `Kept` in every sum over the candidates of a sample."""
    if isinstance(e, Named):
        return left_out(e.value)
    if not e.args:
        return e
    e = e.func(*[left_out(x) if isinstance(x, Expr) else x for x in e.args])
    if not isinstance(e, IndexSum) or not isinstance(e.args[1], SampleIndex):
        return e
    body, k = e.args
    partners = {x for y in _tied(body, k) for x in y if x != k}
    if len(partners) != 1:
        return e
    return IndexSum(Mul(body, Kept(partners.pop(), k)), k)


def _tied(body: Expr, k: Expr) -> list[tuple[Expr, Expr]]:
    """Pairs of different samples, one of them k, that are free in a summand."""
    free = free_indices(body)
    out = []
    for x in body.atoms(*_PAIRED):
        a, b = (x.args[1], x.args[3]) if isinstance(x, Inner) else x.args
        if k in (a, b) and a != b and {a, b} <= free:
            out.append((a, b))
    return out
