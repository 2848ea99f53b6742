"""Named conditions on a batch beside those of `derive.conditions`."""

from sympy import Expr

from derive.conditions import INTERCHANGEABLE, Condition
from derive.nodes import ANCHOR, H_PRIME, NEGATIVE, Component, H, Inner
from verify.edits.walk import mapped

__all__ = ["COINCIDENT", "INTERCHANGEABLE_PAIR"]


def _coincide(e: Expr) -> Expr:
    def to(x: Expr) -> Expr:
        if isinstance(x, Inner | Component):
            return x.func(*[H if y == H_PRIME else y for y in x.args])
        return x

    return mapped(e, to)


COINCIDENT = Condition("views coincide", "h'_k = h_k for every sample", _coincide)


def _pair_in_one_view(e: Expr) -> Expr:
    pair = {ANCHOR, NEGATIVE}
    alike = {x: Inner(H, ANCHOR, H, NEGATIVE) for x in e.atoms(Inner) if pair <= set(x.args)}
    return INTERCHANGEABLE.apply(e.xreplace(alike))


# Also of the pair (i, j) of an entry, j ≠ i, which stands outside of any sum.
INTERCHANGEABLE_PAIR = Condition(INTERCHANGEABLE.name, INTERCHANGEABLE.statement, _pair_in_one_view)
