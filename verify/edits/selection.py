"""Edits of what is picked: maxima, gates, labels."""

from collections.abc import Iterator

from sympy import Expr, S

from derive.nodes import Hardest, HardestIndex, Hinge, Match, Mismatch, Step, Top
from verify.edits.words import instead, shown

Found = Iterator[tuple[str, Expr]]


def extremum(e: Expr) -> Found:
    """The least for the greatest; all for a share."""
    if isinstance(e, Hardest | HardestIndex):
        least = e.func(-e.args[0], *e.args[1:])
        new = -least if isinstance(e, Hardest) else least
        yield f"the least for the greatest in {shown(e)}", new
    if isinstance(e, Top):
        j, body, k, i, share = e.args
        yield f"the least share for {shown(e)}", Top(j, -body, k, i, share)
        yield f"all for {shown(e)}", S.One


def gate(e: Expr) -> Found:
    """One left out, or open at its edge too."""
    if isinstance(e, Step):
        yield f"without {shown(e)}", S.One
        yield f"≥ for > in {shown(e)}", 1 - Step(-e.args[0])
    if isinstance(e, Hinge):
        yield instead(e.args[0], e), e.args[0]


def label(e: Expr) -> Found:
    if isinstance(e, Match | Mismatch):
        other = Mismatch if isinstance(e, Match) else Match
        yield instead(other(*e.args), e), other(*e.args)
        yield f"without {shown(e)}", S.One
