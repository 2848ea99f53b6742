"""Σ_{k≠i} over samples: the entry k = i is set to zero, rather than multiplied by a mask."""

from functools import lru_cache
from typing import TYPE_CHECKING

from sympy import Expr, Mul

from derive.nodes import (
    Component,
    Distinct,
    Given,
    HardestIndex,
    Index,
    IndexSum,
    Inner,
    SampleIndex,
    free_indices,
)
from derive.torch.axes import Labelled, product, total

if TYPE_CHECKING:
    from derive.torch.evaluator import Evaluator


def guarded_sum(ev: "Evaluator", body: Expr, k: Index) -> Labelled | None:
    """Σ_k of a product with the condition k ≠ i for one other sample i, or without one, whose
    factors are functions of (i, k); None for any other sum.

    A sum of bare inner products, of which no block was needed yet, is left to the features.
    """
    parts_of = _factors(body, k)
    if parts_of is None:
        return None
    rest, guards = parts_of
    if any(_is_cheaper_by_features(ev, x, k) for x in rest):
        return _less_own(ev, Mul(*rest), guards, k)
    parts = [ev(x) for x in rest]
    axes = {a for x in parts for a in x.axes}
    if len(axes) != 2 or k not in axes or not all(isinstance(a, SampleIndex) for a in axes):
        return None
    (own,) = axes - {k}
    if guards and set(guards[0].args) != axes:
        return None
    inner = [x for x in parts if k in x.axes]
    outer = [x for x in parts if k not in x.axes]
    if not any(set(x.axes) == axes for x in inner):
        return None
    block = product(inner)
    with ev.leaving_out(block, bool(guards), 0.0) as data:
        total = Labelled(data.sum(dim=block.axes.index(k)), (own,))
    return product([total, *outer])


@lru_cache(maxsize=10_000)
def _factors(body: Expr, k: Index) -> tuple[list[Expr], list[Expr]] | None:
    """The factors of a summand, and the conditions among them."""
    factors = Mul.make_args(body)
    guards = [x for x in factors if isinstance(x, Distinct)]
    rest = [x for x in factors if x not in guards]
    simple = isinstance(k, SampleIndex) and len(guards) <= 1 and not body.has(Component, Given)
    return (rest, guards) if simple and rest else None


def _less_own(ev: "Evaluator", body: Expr, guards: list[Expr], k: Index) -> Labelled | None:
    """Σ_{k≠i} as the sum over all k less the summand at k = i."""
    own = [x for guard in guards for x in guard.args if x != k]
    if len(own) != 1 or len([x for x in Mul.make_args(body) if k in free_indices(x)]) != 1:
        return None
    at_own = ev(body.xreplace({k: own[0]}))
    return total([ev(IndexSum(body, k)), Labelled(-at_own.data, at_own.axes)])


def _is_cheaper_by_features(ev: "Evaluator", x: Expr, k: Index) -> bool:
    """A bare ⟨v_i, w_k⟩ whose block is not there: Σ_k ⟨v_i, w_k⟩ = ⟨v_i, Σ_k w_k⟩."""
    if not isinstance(x, Inner) or x.args[1] == x.args[3] or k not in free_indices(x):
        return False
    v, i, w, j = x.args
    if any(isinstance(a, HardestIndex) for a in (i, j)):
        return False
    return not ev.has_block(v, i, w, j)
