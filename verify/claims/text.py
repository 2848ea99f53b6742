"""Expressions of a claim as one line of text, in the field's notation."""

from collections.abc import Sequence

from sympy import Expr

from derive.hyper import Hyper
from derive.printing.layout import Typesetter
from derive.printing.text import inline


def formula_text(e: Expr, hyper: Sequence[Hyper] = ()) -> str:
    """The expression on one line, as it is written (not in a normal form); hyper: whose display
    names are used (tau prints as τ)."""
    return inline(Typesetter(tuple(hyper))(e))
