"""Which inner products may be the one that an expression is asked about."""

from sympy import Expr

from derive.nodes import ANCHOR, NEGATIVE, Delta, Given, HardestIndex, Inner, View


def may_be(t: Inner, pair: tuple[View, Expr, View, Expr]) -> bool:
    """Whether picked indices may make an inner product the one at i and j."""
    v, i, w, j = t.args
    x, k, y, m = pair
    return (x, y) == (v, w) and all(
        a == b or (isinstance(a, HardestIndex | Given) and Delta(a, b) != 0)
        for a, b in ((k, i), (m, j))
    )


def touches(e: Expr, t: Inner) -> bool:
    """Whether e may hold t: with its own indices, or with bound or picked ones in their place."""
    v, i, w, j = t.args
    named = {ANCHOR, NEGATIVE}
    for x, k, y, m in (inner.args for inner in e.atoms(Inner)):
        for one, two in (((x.flowing, k), (y.flowing, m)), ((y.flowing, m), (x.flowing, k))):
            same_views = (one[0], two[0]) == (v, w)
            if same_views and all(a == b or a not in named for a, b in ((one[1], i), (two[1], j))):
                return True
    return False
