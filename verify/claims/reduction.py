"""An expression that depends on one real number only, found by taking a hinge's argument for it.

log(e^{s/τ} + P) − s/τ and max(0, log P − s/τ) are both functions of u = log P − s/τ: solved for
another symbol, u is put in, and what else there was has to cancel.
"""

from collections.abc import Iterator

from sympy import (
    Expr,
    Max,
    Symbol,
    diff,
    expand,
    expand_log,
    fraction,
    limit,
    oo,
    simplify,
    solve,
    together,
)

from derive.nodes import Node
from derive.properties.signs import Signs
from verify.claims.one_variable import nonnegative
from verify.claims.scalars import Scalars

U = Symbol("_u", real=True)
_LARGE = 200  # operations


def by_one_variable(e: Expr, signs: Signs) -> str | None:
    """How e ≥ 0 was shown by a function of one variable, or None."""
    names = Scalars(signs)
    f = expand_log(names(e))
    if f.has(Node) or f.count_ops() > _LARGE:
        return None
    if f.is_nonnegative or f.expand().is_nonnegative:
        return "a sum of terms ≥ 0 once sums are bounded"
    for reduced in _reduced(f):
        found = _shown(reduced)
        if found is not None:
            return found
    return None


def _shown(f: Expr) -> str | None:
    free = f.free_symbols
    if not free:
        return "constants alone are left" if simplify(f).is_nonnegative else None
    if len(free) != 1:
        return None
    (u,) = free
    low = 0 if u.is_nonnegative else -oo
    found = nonnegative(f, u, low)
    return None if found is None else f"f(u) = {f} ≥ 0: {found}".replace("_", "")


def _reduced(f: Expr) -> Iterator[Expr]:
    """f as a function of a hinge's argument; as it is, where that is one symbol."""
    if len(f.free_symbols) <= 1:
        yield f
    for hinge in sorted(f.atoms(Max), key=str):
        for u in hinge.args:
            for y in sorted(u.free_symbols, key=str):
                if y.is_nonnegative or not diff(u, y).has(y):
                    found = _without_others(f, u, y)
                    if found is not None:
                        yield found


def _without_others(f: Expr, u: Expr, y: Symbol) -> Expr | None:
    """f with u as its variable in place of y, if the other symbols cancel or can be let go."""
    if y.is_nonnegative:
        return None
    (solution, *more) = solve(u - U, y) or [None]
    if solution is None or more:
        return None
    f = expand_log(simplify(f.xreplace({y: solution})))
    for x in sorted(f.free_symbols - {U}, key=str):
        f = _dropped(f, x)
        if f is None:
            return None
    return f


def _dropped(f: Expr, x: Symbol) -> Expr | None:
    """f without x: where it does not move with x, else at the end where it is least."""
    top, bottom = fraction(together(simplify(diff(f, x))))
    slope = expand(top) / bottom
    if slope == 0:
        return simplify(f.xreplace({x: 1}))
    if slope.is_nonpositive and x.is_nonnegative:
        return simplify(limit(f, x, oo))
    if slope.is_nonnegative and x.is_nonnegative:
        return simplify(limit(f, x, 0, "+"))
    return None
