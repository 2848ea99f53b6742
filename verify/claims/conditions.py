"""Named conditions on a batch beside those of `derive.conditions`."""

from sympy import Expr, Symbol

from derive.conditions import EQUAL_FEATURES, INTERCHANGEABLE, Condition
from derive.nodes import ANCHOR, H_PRIME, NEGATIVE, Component, H, Inner, Named
from verify.edits.walk import mapped

__all__ = ["COINCIDENT", "EQUAL_EVERYWHERE", "INTERCHANGEABLE_PAIR"]


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


def _same_for_all(e: Expr) -> Expr:
    """One symbol for all C_bb of a matrix, and for all σ_b: of the entry's feature or of a sum."""
    found = sorted((x for x in e.atoms(Named) if len(set(x.args[1:])) == 1), key=str)
    definitions = dict.fromkeys(x.definition for x in found)
    names = {x: Symbol(f"_all_{k}") for k, x in enumerate(definitions)}
    return e.xreplace({x: names[x.definition] for x in found})


# Also of the features that a mean over them runs through.
EQUAL_EVERYWHERE = Condition(
    EQUAL_FEATURES, "C_aa and σ_a are the same for every feature a", _same_for_all
)
