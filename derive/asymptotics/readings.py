"""Comparing what two readings of a limit say."""

from derive.asymptotics.claims import Leading, Rest
from derive.identity import vanishes
from derive.verdict import Verdict


def same_terms(a: Leading, b: Leading) -> bool:
    """Whether a statement about the rest of one is one about the rest of the other."""
    if a.exponent != b.exponent or len(a.terms) != len(b.terms):
        return False
    return all(
        n == m and vanishes(c - d) is Verdict.PROVED
        for (n, c), (m, d) in zip(a.terms, b.terms, strict=True)
    )


def smaller(a: Rest, b: Rest, end: str) -> bool:
    """Whether a is of smaller order than b."""
    if a.order is None or b.order is None:
        return b.order is not None
    return bool(a.order > b.order) if end == "0" else bool(a.order < b.order)
