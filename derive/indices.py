"""Which indices an expression depends on, and a cheap structural order of expressions."""

from functools import lru_cache

from sympy import Add, Expr, Mul

from derive.nodes import (
    FeatureIndex,
    Hardest,
    HardestIndex,
    Index,
    IndexSum,
    SampleIndex,
    label,
)

_INDICES = (SampleIndex, FeatureIndex)
_NONE: frozenset[Index] = frozenset()


@lru_cache(maxsize=100_000)
def free_indices(e: Expr) -> frozenset[Index]:
    """The indices an expression depends on (bound ones excluded)."""
    if isinstance(e, _INDICES):
        return frozenset((e,))
    if not e.args:
        return _NONE
    inside = frozenset().union(*map(free_indices, e.args))
    if isinstance(e, IndexSum):
        return inside - {e.args[1]}
    if isinstance(e, Hardest | HardestIndex):
        return free_indices(e.args[2]) | (inside - {e.args[1]})
    return inside


@lru_cache(maxsize=100_000)
def highest_bound(e: Expr) -> int:
    """The highest number among the bound indices inside an expression."""
    inside = max(map(highest_bound, e.args), default=0)
    if isinstance(e, IndexSum):
        return max(inside, int(e.args[1].name[1:]))
    return inside


@lru_cache(maxsize=100_000)
def key(e: Expr) -> str:
    """A structural name to order by: cheaper than SymPy's printer."""
    if not e.args:
        return label(e)
    parts = [key(x) for x in e.args]
    if isinstance(e, Add | Mul):
        parts.sort()
    return f"{type(e).__name__}({','.join(parts)})"


def resum(e: Expr, bound: list[Index]) -> Expr:
    for k in bound:
        e = IndexSum(e, k)
    return e
