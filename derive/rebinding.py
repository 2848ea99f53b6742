"""Bound indices under new names, so that no index put into an expression can be captured."""

from sympy import Expr

from derive.indices import fresh
from derive.nodes import Hardest, HardestIndex, IndexSum, Top

_BOUND = {IndexSum: 1, Hardest: 1, HardestIndex: 1, Top: 2}  # where a node has its bound index


def with_fresh_bounds(e: Expr) -> Expr:
    """The same expression; every index that it binds is one that no other expression uses."""
    if not e.args:
        return e
    args = [with_fresh_bounds(x) if isinstance(x, Expr) else x for x in e.args]
    at = _BOUND.get(type(e))
    if at is None:
        return e.func(*args) if any(x is not y for x, y in zip(args, e.args, strict=True)) else e
    old = e.args[at]
    new = fresh(type(old))
    return e.func(*[x.xreplace({old: new}) for x in args])
