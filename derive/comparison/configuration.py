"""The value of an expression at one batch for every N and D: all h_k equal, all h'_k equal."""

from sympy import Expr, S, pi

from derive.asymptotics.batches import counted, of_labels_alone
from derive.canonical import for_print
from derive.comparison.normal import spelt
from derive.nodes import (
    ANCHOR,
    Angle,
    Component,
    Hardest,
    HardestIndex,
    Inner,
    Node,
    Top,
    free_indices,
)


def at_one_batch(e: Expr) -> Expr | None:
    """With h ⊥ h', or where that does not do with h = h': an expression without embeddings, or
    None where it still holds some (or a rank, which is no rank where all are equal)."""
    for cosine in (S.Zero, S.One):
        value = _at(e, cosine)
        if value is not None:
            return value
    return None


def _at(e: Expr, cosine: Expr) -> Expr | None:
    e = for_print(e).xreplace({x: _inner(x, cosine) for x in e.atoms(Inner)})
    centred = {x: S.Zero for x in e.atoms(Component) if x.args[0].role == "centred"}
    alike = {x: Component(x.args[0], ANCHOR, x.args[2]) for x in e.atoms(Component)}
    e = for_print(_level(e.xreplace(alike | centred)))
    e = spelt(counted(e))
    own = {ANCHOR} if of_labels_alone(e) else set()  # the labels of the others beside that of i
    has = e.has(Inner, Component, HardestIndex, Top) or (not e.is_finite and not e.has(Node))
    return None if has or free_indices(e) - own else e


def _inner(x: Inner, cosine: Expr) -> Expr:
    v, _, w, _ = x.args
    if "centred" in (v.role, w.role):
        return S.Zero
    return S.One if v.base == w.base else cosine


def _level(e: Expr) -> Expr:
    """A maximum of what is the same for all, and the angles of 0 and 1."""
    e = for_print(e)
    while True:
        known = {x: x.args[0] for x in e.atoms(Hardest) if x.args[1] not in free_indices(x.args[0])}
        known |= {x: pi / 2 for x in e.atoms(Angle) if x.args[0] == 0}
        known |= {x: S.Zero for x in e.atoms(Angle) if x.args[0] == 1}
        if not known:
            return e
        e = for_print(e.xreplace(known))
