"""Sums as atoms of the normal form: connected components, each under the least of its renamings."""

from collections.abc import Iterator
from itertools import permutations

from sympy import Expr, Mul

from derive.indices import highest_bound, key, resum
from derive.nodes import (
    D,
    Distinct,
    ExtraIndex,
    FeatureIndex,
    Index,
    M,
    N,
    SampleIndex,
    free_indices,
    label,
)

_NONE: frozenset[Index] = frozenset()
_LETTERS = {SampleIndex: "k", FeatureIndex: "a", ExtraIndex: "e"}


def components(factors: list[Expr], bound: list[Index]) -> list[Expr]:
    """Factors that share no bound index stand apart; each connected rest is one nested sum."""
    local = {x: free_indices(x).intersection(bound) for x in factors}
    used = frozenset().union(*local.values()) if local else _NONE
    out: list[Expr] = [_size(k) for k in bound if k not in used]
    groups: list[tuple[set[Index], list[Expr]]] = []
    for x in factors:
        if not local[x]:
            out.append(x)
            continue
        indices, members = set(local[x]), [x]
        for group in [g for g in groups if g[0] & indices]:
            groups.remove(group)
            indices |= group[0]
            members = group[1] + members
        groups.append((indices, members))
    out += [_one_sum(indices, members) for indices, members in groups]
    return out


def _one_sum(indices: set[Index], members: list[Expr]) -> Expr:
    if len(indices) == len(members) == 1 and isinstance(members[0], Distinct):
        return _size(next(iter(indices))) - 1  # Σ_{k≠i} 1
    return _named_sum(indices, Mul(*members))


def _size(k: Index) -> Expr:
    return {SampleIndex: N, FeatureIndex: D, ExtraIndex: M}[type(k)]


def _named_sum(indices: set[Index], body: Expr) -> Expr:
    """Σ over the indices, under the least of all ways to number them."""
    if len(indices) == 1:
        orders: Iterator[tuple[Index, ...]] = iter([tuple(indices)])
    else:
        orders = permutations(sorted(indices, key=label))
    level = highest_bound(body)
    best: tuple[str, Expr, list[Index]] | None = None
    for order in orders:
        names = _numbered(order, level)
        renamed = body.xreplace(names)
        name = key(renamed)
        if best is None or name < best[0]:
            best = (name, renamed, sorted(names.values(), key=label))
    assert best is not None
    return resum(best[1], best[2])


def _numbered(order: tuple[Index, ...], level: int) -> dict[Expr, Index]:
    count = dict.fromkeys(_LETTERS, level)
    names: dict[Expr, Index] = {}
    for k in order:
        count[type(k)] += 1
        names[k] = type(k)(f"{_LETTERS[type(k)]}{count[type(k)]}")
    return names
