"""What has to be known of a batch before its coefficients are: sums over samples, pass by pass.

An expression over a tile of anchors i and all samples j holds sums over samples. One that belongs
to its anchor, Σ_k f(⟨h_i, h'_k⟩), is made of the tile itself. All others are computed in a pass
over the tiles before: those of the whole batch, those of a sample j (under the name of the anchor,
so that one result serves every index), and sums down a column, Σ_k f(⟨h_k, h'_i⟩), which are
collected over the tiles of k so that they need no matrix product of their own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from sympy import Expr, Mul

from derive.canonical import for_print
from derive.nodes import (
    ANCHOR,
    NEGATIVE,
    Distinct,
    Exp,
    Hardest,
    HardestIndex,
    Index,
    IndexSum,
    Inner,
    Named,
    SampleIndex,
    Top,
    free_indices,
)
from derive.torch.logarithms import is_exponential


@dataclass(frozen=True)
class Reduction:
    """A sum over samples, or the place of a maximum.

    name: the expression, its free index (if it has one) called ANCHOR; body: what a tile of
    anchors is asked for: the sum itself ("row"), its summand with the bound index called ANCHOR
    ("total"), and the free one NEGATIVE ("column"). exponential: kept by its logarithm.
    """

    name: Expr
    kind: str
    body: Expr
    exponential: bool


@lru_cache(maxsize=20_000)
def template(e: Expr) -> tuple[Expr, Index | None] | None:
    """An expression of at most one sample, that sample called ANCHOR, and what it was called.
    None for one of several samples, of single features or of extra negatives."""
    free = free_indices(e)
    if len(free) > 1 or any(not isinstance(k, SampleIndex) for k in free):
        return None
    (own,) = free or (None,)
    return for_print(e if own in (None, ANCHOR) else e.xreplace({own: ANCHOR})), own


@lru_cache(maxsize=20_000)
def as_pair(e: Expr, anchor: Index) -> tuple[Expr, Index] | None:
    """An expression of the anchor and one other sample, that one called NEGATIVE, and its name."""
    free = free_indices(e)
    if len(free) != 2 or anchor not in free or NEGATIVE in free or e.has(NEGATIVE):
        return None
    (other,) = free - {anchor}
    if not isinstance(other, SampleIndex):
        return None
    return e.xreplace({other: NEGATIVE}), other


def passes(expressions: Iterable[Expr]) -> tuple[tuple[Reduction, ...], ...]:
    """The reductions that expressions of a tile need, in the order of the passes that make them."""
    levels: dict[Expr, int] = {}
    found: dict[Expr, Reduction] = {}
    for e in expressions:
        _collect(e, found, levels)
    depth = max(levels.values(), default=0)
    return tuple(
        tuple(found[name] for name in sorted(found, key=str) if levels[name] == level)
        for level in range(1, depth + 1)
    )


def _collect(e: Expr, found: dict[Expr, Reduction], levels: dict[Expr, int]) -> int:
    """Enters what an expression of a tile needs; the pass after which it can be computed."""
    if not isinstance(e, Expr) or (not e.args and not isinstance(e, Named)):
        return 0
    if isinstance(e, Named):
        return _collect(e.value, found, levels)
    if _is_reduction(e):
        known = template(e)
        if known is not None and (known[1] != ANCHOR or _is_column(known[0])):
            return _enter(known[0], found, levels)
    return max((_collect(x, found, levels) for x in e.args), default=0)


def _enter(name: Expr, found: dict[Expr, Reduction], levels: dict[Expr, int]) -> int:
    if name not in levels:
        reduction = as_reduction(name)
        found[name] = reduction
        if reduction.kind == "row":
            needed = max((_collect(x, found, levels) for x in reduction.body.args), default=0)
        else:
            needed = _collect(reduction.body, found, levels)
        levels[name] = needed + 1
    return levels[name]


def _is_reduction(e: Expr) -> bool:
    if isinstance(e, IndexSum):
        return isinstance(e.args[1], SampleIndex)
    return isinstance(e, Hardest | HardestIndex)


def as_reduction(name: Expr) -> Reduction:
    exponential = is_exponential(name)
    if isinstance(name, IndexSum):
        body, k = name.args
        if not free_indices(name):
            return Reduction(
                name, "total", _rows_first(for_print(body.xreplace({k: ANCHOR}))), exponential
            )
        if _is_column(name):
            swapped = body.xreplace({ANCHOR: NEGATIVE, k: ANCHOR})
            return Reduction(name, "column", swapped, exponential)
    return Reduction(name, "row", name, exponential)


def _rows_first(summand: Expr) -> Expr:
    """The summand of a double sum whose inner one runs down columns, with the two exchanged."""
    if not _is_column(summand):
        return summand
    body, k = summand.args
    return IndexSum(body.xreplace({ANCHOR: k, k: ANCHOR}), k)


def _is_column(e: Expr) -> bool:
    """Whether a sum runs over the first sample of every ⟨v_k, w_i⟩ of two views, i the ANCHOR."""
    if not isinstance(e, IndexSum):
        return False
    body, k = e.args
    between = [x for x in _inners(body) if {x.args[1], x.args[3]} == {ANCHOR, k}]
    picked = any(k in free_indices(x) for x in body.atoms(HardestIndex, Top))
    across = [x for x in between if x.args[0] != x.args[2]]
    same = len(across) < len(between)
    return bool(across) and not same and not picked and all(x.args[1] == k for x in across)


def _inners(e: Expr) -> set[Inner]:
    """Every inner product of an expression, also inside named intermediates."""
    found = set(e.atoms(Inner))
    for x in e.atoms(Named):
        found |= _inners(x.value)
    return found


def exponentials_in(e: Expr) -> set[Expr]:
    """Every exponential of an expression, also inside named intermediates."""
    found = e.atoms(Exp)
    for x in e.atoms(Named):
        found |= exponentials_in(x.value)
    return found


def bare_in(e: Expr) -> set[Expr]:
    """Every inner product outside of exponentials, also inside named intermediates."""
    if isinstance(e, Exp) or not isinstance(e, Expr):
        return set()
    if isinstance(e, Inner):
        return {e}
    inside = (e.value,) if isinstance(e, Named) else e.args
    return set().union(*map(bare_in, inside))


def without_guard(body: Expr) -> tuple[Expr, bool]:
    """A summand less its condition that ANCHOR and NEGATIVE differ, and whether it had one."""
    guard = Distinct(ANCHOR, NEGATIVE)
    factors = Mul.make_args(body)
    return Mul(*[x for x in factors if x != guard]), guard in factors


def views_everywhere(e: Expr) -> set[Expr]:
    """The views whose rows are read at other samples than those of the tile."""
    found = {v for x in _inners(e) for v, k in _sides(x) if k != ANCHOR or v.role == "centred"}
    return {v.base for v in found}


def _sides(x: Inner) -> tuple[tuple[Expr, Expr], tuple[Expr, Expr]]:
    v, i, w, j = x.args
    return (v, i), (w, j)
