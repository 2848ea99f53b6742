"""What of an expression is the same for every batch, and sums that only count samples."""

from sympy import Expr, S, factor

from derive.canonical import for_print, for_proof
from derive.nodes import (
    ANCHOR,
    Component,
    Distinct,
    IndexSum,
    Inner,
    Match,
    Mismatch,
    Node,
    Step,
    Top,
    free_indices,
)


def depends_on_embeddings(e: Expr) -> bool:
    """Whether an expression has a gradient: gates and indicators alone have none."""
    e = for_print(e)
    constant_pieces = dict.fromkeys(e.atoms(Step, Top), S.One)
    return bool(e.xreplace(constant_pieces).has(Inner, Component))


def free_of_embeddings(e: Expr) -> bool:
    """Whether an expression is the same for every batch: not even its gates look at one."""
    return not for_print(e).has(Inner, Component, Match)


def of_labels_alone(e: Expr) -> bool:
    """Whether an expression looks at the labels of a batch and at nothing else of it."""
    e = for_print(e)
    return bool(e.has(Match, Mismatch)) and not e.has(Inner, Component)


def counted(e: Expr) -> Expr:
    """Sums of nothing but conditions on their indices as numbers: Σ_{k≠l} 1 = N (N − 1)."""
    counts = {x: factor(for_proof(x)) for x in e.atoms(IndexSum) if not _weighed(x)}
    return e.xreplace(counts)


def _weighed(x: IndexSum) -> bool:
    return bool(free_indices(x) - {ANCHOR} or x.atoms(Node) - x.atoms(IndexSum, Distinct))
