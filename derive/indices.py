"""Fresh indices, the numbers of bound ones, and a cheap structural order of expressions."""

from functools import lru_cache
from itertools import count

from sympy import Add, Expr, Mul, Symbol

from derive.nodes import (
    Hardest,
    HardestIndex,
    Index,
    IndexSum,
    Top,
    label,
)

_fresh = count()


def fresh(kind: type[Index]) -> Index:
    """A bound index that no other expression uses."""
    return kind(f"_{kind.__name__[0]}{next(_fresh)}")


@lru_cache(maxsize=100_000)
def highest_bound(e: Expr) -> int:
    """The highest number among the indices inside an expression."""
    if isinstance(e, Symbol):  # a free index that is named as bound ones are counts too
        return int(e.name[1:]) if e.name[1:].isdigit() and e.name[0] in "kae" else 0
    inside = max(map(highest_bound, e.args), default=0)
    if isinstance(e, IndexSum | Hardest | HardestIndex | Top):
        number = e.args[2 if isinstance(e, Top) else 1].name[
            1:
        ]  # one that is not in normal form has none
        return max(inside, int(number)) if number.isdigit() else inside
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
