"""Sums over the extra negatives that an input array names, scattered to the samples they are.

Σ_m w_im v_{p(i,m)} = Σ_k (Σ_m w_im δ_{k,p(i,m)}) v_k: a block (i, k) instead of (i, m, feature).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from sympy import Expr, Mul

from derive.indices import fresh
from derive.nodes import Component, Delta, Given, Index, SampleIndex, free_indices
from derive.torch.axes import Labelled, contract, product

if TYPE_CHECKING:
    from derive.torch.evaluator import Evaluator


def scatter(ev: "Evaluator", body: Expr, bound: Sequence[Index]) -> Labelled | None:
    """Σ over the bound indices of a product with δ_{k,p(i,m)} or v_{p(i,m),a} in it, m bound;
    None for any other body."""
    factors = list(Mul.make_args(body))
    found = _picking(factors, bound)
    if found is None:
        return None
    at, given = found
    picking = factors.pop(at)
    if isinstance(picking, Component):
        target: Expr = fresh(SampleIndex)
        factors.append(Component(picking.args[0], target, picking.args[2]))
        bound = [*bound, target]
    else:
        target = next(x for x in picking.args if x != given)
    own = free_indices(given)
    weights = [x for x in factors if free_indices(x) <= own]
    if any(given.args[2] in free_indices(x) for x in factors if x not in weights):
        return None  # another factor needs the extras one by one
    block = _block(ev, Mul(*weights), given, target)
    rest = [ev(x) for x in factors if x not in weights]
    keep = free_indices(body) - frozenset(bound)
    parts = [block, *[x for x in rest if x.axes]]
    return product([contract(parts, keep), *[x for x in rest if not x.axes]])


def _picking(factors: list[Expr], bound: Sequence[Index]) -> tuple[int, Given] | None:
    for n, x in enumerate(factors):
        if isinstance(x, Delta | Component):
            for index in x.args:
                if isinstance(index, Given) and index.args[2] in bound:
                    return n, index
    return None


def _block(ev: "Evaluator", weight: Expr, given: Given, target: Expr) -> Labelled:
    """Σ_m weight_im δ_{target,p(i,m)} over (i, target)."""
    at = ev.positions(given)
    data = ev(weight).over(at.axes).expand(at.data.shape)
    width = ev.size(target)
    out = torch.zeros(at.data.shape[0], width, dtype=data.dtype, device=data.device)
    return Labelled(out.scatter_add_(1, at.data, data), (at.axes[0], target))
