"""Blocks over pairs of samples in expressions: which need one, and which side to take tiles of."""

from collections.abc import Iterable
from functools import lru_cache

from sympy import Expr, Mul, preorder_traversal

from derive.nodes import (
    ANCHOR,
    Hardest,
    HardestIndex,
    Index,
    IndexSum,
    Inner,
    Named,
    SampleIndex,
    Top,
)
from derive.torch.logarithms import is_exponential
from derive.torch.networks import Network, joined, network_of, whole_pair
from derive.torch.terms import Term, samples, terms

_OTHER = SampleIndex("_other")


@lru_cache(maxsize=4096)
def paired(e: Expr) -> bool:
    """Whether evaluating an expression takes a block over pairs of samples."""
    if len(samples(e)) > 1 or isinstance(e, Hardest | HardestIndex | Top):
        return True
    if isinstance(e, Named):
        return paired(e.value)
    if isinstance(e, IndexSum) and not is_exponential(e):
        return any(_paired(x) for x in terms(e))
    return any(paired(x) for x in e.args)


def _paired(term: Term) -> bool:
    whole = joined(term)
    return any(
        whole_pair(x) or (len(samples(x)) < 2 and paired(x))
        for x in (*whole.factors, *whole.scalars)
    )


@lru_cache(maxsize=4096)
def log_sums(e: Expr) -> tuple[Expr, ...]:
    """The outermost sums of exponentials of one sample index or none that take a block of pairs."""
    if isinstance(e, Named):
        return log_sums(e.value)
    if isinstance(e, IndexSum) and is_exponential(e) and len(samples(e)) < 2 and paired(e):
        return (e,)
    return tuple(dict.fromkeys(y for x in e.args for y in log_sums(x)))


def row_of(e: IndexSum) -> tuple[Expr, Index]:
    """A sum of exponentials as rows of ANCHOR to add up (or to keep, if it has a sample index):
    a sum over one sample index, the other one the anchor, on the side where the block has h."""
    body, k = e.args
    own = samples(e)
    if own:
        (i,) = own
        return e.xreplace({i: ANCHOR}), i
    if isinstance(body, IndexSum) and isinstance(k, SampleIndex):
        inner, m = body.args
        i = _anchor_side(inner, frozenset((k, m)), k)
        other = m if i == k else k
        return IndexSum(inner.xreplace({i: ANCHOR}), other), i
    return body.xreplace({k: ANCHOR}), k


def _anchor_side(e: Expr, pair: frozenset[Index], otherwise: Index) -> Index:
    """The sample index of a pair that the first view has in a block: ⟨h_i, h'_k⟩ → i."""
    for x in preorder_traversal(e):
        if isinstance(x, Inner) and x.args[0] != x.args[2] and {x.args[1], x.args[3]} == pair:
            v, i, w, k = x.args
            return i if v.name < w.name else k
    return otherwise


@lru_cache(maxsize=4096)
def on_anchors(x: Network, keep: frozenset[Index], n: int, d: int) -> tuple[Network, Index]:
    """A network with a pair of samples, renamed so that ANCHOR is the side to take tiles of, and
    what its former ANCHOR is called now."""
    pair = next((p for p in x.pairs if ANCHOR in p), x.pairs[0])
    of_pair = Mul(*[y for y in x.term.factors if samples(y) == pair])
    tile = _anchor_side(of_pair, pair, ANCHOR if ANCHOR in pair else sorted(pair, key=str)[0])
    if tile == ANCHOR:
        return x, ANCHOR
    names = {tile: ANCHOR, ANCHOR: _OTHER}
    term = Term(
        x.term.scalars,
        tuple(y.xreplace(names) for y in x.term.factors),
        tuple(names.get(k, k) for k in x.term.bound),
    )
    return network_of(term, frozenset(names.get(k, k) for k in keep), n, d), _OTHER


def statistics(found: Iterable[Network]) -> tuple[list[Expr], list[Expr]]:
    """What networks need of blocks of pairs beside their own: expressions of ANCHOR, and sums of
    exponentials over the whole batch."""
    rows: dict[Expr, None] = {}
    sums: dict[Expr, None] = {}
    for x in found:
        for leaf in (leaf for part in x.parts for leaf in part.leaves):
            (e, *_) = leaf.factors
            if leaf.own == (ANCHOR,) and paired(e):
                rows[Mul(*leaf.factors)] = None
        for e in (*x.term.factors, *x.scalars):
            sums.update((y, None) for y in log_sums(e) if not samples(y))
    return list(rows), list(sums)
