"""Which expressions are positive and made of exponentials, so that they have a logarithm."""

from functools import lru_cache

from sympy import Add, Expr, Mul, Pow, Symbol

from derive.nodes import (
    D,
    Delta,
    Distinct,
    Exp,
    Index,
    IndexSum,
    Match,
    Mismatch,
    N,
    Named,
    Node,
    Stop,
    Top,
    free_indices,
)

MASKS = (Distinct, Delta, Match, Mismatch, Top)

_SIZES = {N: 2 + Symbol("N_", nonnegative=True), D: 1 + Symbol("D_", nonnegative=True)}


@lru_cache(maxsize=10_000)
def has_exponential(e: Expr) -> bool:
    """Whether there is an exponential in it, also inside what it calls by name."""
    return bool(e.has(Exp)) or any(has_exponential(x.value) for x in e.atoms(Named))


@lru_cache(maxsize=10_000)
def is_exponential(e: Expr) -> bool:
    """A positive expression with an exponential in it, built so that `log_of` applies."""
    return has_exponential(e) and _positive(e)


def _positive(e: Expr) -> bool:
    if isinstance(e, (Exp, *MASKS)):
        return True
    if isinstance(e, Add | Mul):
        return all(map(_positive, e.args))
    if isinstance(e, Pow):
        constant = not free_indices(e.exp) and not has_exponential(e.exp)
        return constant and _positive(e.base)
    if isinstance(e, Stop):
        return _positive(e.args[0])
    if isinstance(e, IndexSum):
        return _positive(e.args[0]) and not _picks(*e.args)
    if isinstance(e, Named):
        return _positive(e.value)
    return not e.has(Node) and bool(e.xreplace(_SIZES).is_nonnegative)


def _picks(body: Expr, k: Index) -> bool:
    """Whether the sum puts its terms at picked samples: Σ_e δ_{j,at(i,e)} x_ie is a look-up."""
    deltas = (x for x in Mul.make_args(body) if isinstance(x, Delta))
    return any(not isinstance(y, Symbol) and k in free_indices(y) for x in deltas for y in x.args)
