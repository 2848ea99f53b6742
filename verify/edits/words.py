"""Expressions in the words of an edit, and what an expression is about."""

from functools import lru_cache

from sympy import Expr, Symbol

from derive.nodes import D, M, N, Named, View


@lru_cache(maxsize=10_000)
def shown(e: Expr) -> str:
    """One line of text."""
    from derive.printing.layout import Typesetter
    from derive.printing.text import inline

    return inline(Typesetter()(e))


def instead(new: Expr, old: Expr) -> str:
    return f"{shown(new)} for {shown(old)}"


def is_hyper(x: Expr) -> bool:
    """Whether a symbol is a hyper-parameter: none of the sizes, and no index."""
    return type(x) is Symbol and x not in (N, D, M) and not x.name.startswith("_")


def holds_embeddings(x: Expr) -> bool:
    return bool(x.atoms(View, Named))
