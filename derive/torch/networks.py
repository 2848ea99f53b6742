"""Terms as networks of tensors: what they are made of, and the order to contract them in.

⟨v_i, w_k⟩ is two components, [i ≠ k] is 1 − δ_ik where that is cheaper: whether
Σ_k Σ_b x_ib x_kb x_ka is done as x·(xᵀx) or as (x·xᵀ)·x is then a matter of sizes alone.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from sympy import Expr, Mul, Pow, S

from derive.indices import fresh
from derive.nodes import (
    ANCHOR,
    FEATURE,
    Component,
    D,
    Distinct,
    FeatureIndex,
    Index,
    Inner,
    N,
    Node,
    SampleIndex,
    free_indices,
)
from derive.torch.axes import plan
from derive.torch.logarithms import is_exponential
from derive.torch.terms import Term, samples

_PARTNER = SampleIndex("_partner")


class Leaf(NamedTuple):
    """A product of expressions over canonical indices, and the indices that it has here."""

    factors: tuple[Expr, ...]
    own: tuple[Index, ...]
    axes: tuple[Index, ...]


class Part(NamedTuple):
    """Factors that are connected by the indices they are summed over; `order`: the pairs to
    contract in turn, each by its places among those that are left."""

    leaves: tuple[Leaf, ...]
    order: tuple[tuple[int, int], ...]


class Network(NamedTuple):
    """A term, ready to be contracted.

    scalars: its constant first; pairs: the pairs of samples that a factor holds whole; cost: its
    multiplications.
    """

    scalars: tuple[Expr, ...]
    parts: tuple[Part, ...]
    pairs: tuple[frozenset[Index], ...]
    term: Term
    cost: int


@lru_cache(maxsize=4096)
def networks(term: Term, keep: frozenset[Index], n: int, d: int) -> tuple[Network, ...]:
    """A term with its indicators split or kept, whichever costs fewer multiplications for N = n
    samples and D = d features."""
    kept = joined(term)
    whole = network_of(kept, keep, n, d)
    split = [network_of(x, keep, n, d) for x in _split(kept)]
    if len(split) > 1 and sum(x.cost for x in split) < whole.cost:
        return tuple(split)
    return (whole,)


def joined(term: Term) -> Term:
    """Factors of the same pair of samples as one, and every other inner product by components:
    where a function of ⟨v_i, w_k⟩ needs the block, its own factors and indicators join it."""
    pairs: dict[frozenset[Index], list[Expr]] = {}
    for x in term.factors:
        if whole_pair(x):
            pairs.setdefault(samples(x), []).append(x)
    factors, bound = [], list(term.bound)
    for x in term.factors:
        own = pairs.get(samples(x)) if len(samples(x)) == 2 else None
        if own is not None and x in own:
            continue
        if own is not None and (
            isinstance(x, Distinct) or (isinstance(x, Inner) and any(y.has(x) for y in own))
        ):
            own.append(x)
        elif isinstance(x, Inner) and len(samples(x)) == 2:
            v, i, w, j = x.args
            a = fresh(FeatureIndex)
            bound.append(a)
            factors += [Component(v, i, a), Component(w, j, a)]
        else:
            factors.append(x)
    scalars = term.scalars
    for own in pairs.values():
        if any(map(is_exponential, own)):  # e^x / Σ e^x does not overflow where e^x does
            own += [x for x in scalars if is_exponential(x)]
            scalars = tuple(x for x in scalars if not is_exponential(x))
        factors.append(Mul(*own, evaluate=False) if len(own) > 1 else own[0])
    return Term(scalars, tuple(factors), tuple(bound))


def whole_pair(x: Expr) -> bool:
    plain = isinstance(x, Component | Distinct | Inner)
    return not plain and len(samples(x)) > 1


def _split(term: Term) -> list[Term]:
    """Every [i ≠ k] written 1 − δ_ik."""
    for x in term.factors:
        if isinstance(x, Distinct):
            rest = list(term.factors)
            rest.remove(x)
            everywhere = Term(term.scalars, tuple(rest), term.bound)
            gone = next((k for k in x.args if k in term.bound), None)
            if gone is None:
                return [term]
            (other,) = (k for k in x.args if k != gone)
            equal = {gone: other}
            own = Term(
                (*term.scalars, S.NegativeOne),
                tuple(y.xreplace(equal) for y in rest),
                tuple(k for k in term.bound if k != gone),
            )
            if Distinct(other, other) in own.factors or 0 in own.factors:
                return _split(everywhere)
            return _split(everywhere) + _split(own)
    return [term]


def network_of(term: Term, keep: frozenset[Index], n: int, d: int) -> Network:
    leaves = [leaf for x in term.factors for leaf in _leaves(x)]
    used = frozenset(k for x in leaves for k in x.axes)
    unused = [D if isinstance(k, FeatureIndex) else N for k in term.bound if k not in used]
    constants = [x for x in term.scalars if not x.has(Node)]
    scalars = [x for x in term.scalars if x.has(Node)]
    pairs = {samples(x) for x in term.factors if len(samples(x)) > 1}
    parts, cost = [], 0
    for x in _connected(leaves, frozenset(term.bound)):
        sizes = {k: d if isinstance(k, FeatureIndex) else n for y in x for k in y.axes}
        more, order = plan(tuple(frozenset(y.axes) for y in x), keep, sizes)
        parts.append(Part(tuple(x), order))
        cost += more
    return Network(
        (Mul(*constants, *unused), *scalars),
        tuple(parts),
        tuple(sorted(pairs, key=str)),
        term,
        cost,
    )


def _leaves(x: Expr) -> list[Leaf]:
    if isinstance(x, Pow) and isinstance(x.base, Component) and x.exp == 2:
        return _leaves(x.base) * 2
    own = sorted(free_indices(x), key=str)
    if isinstance(x, Component):
        own = [x.args[1], x.args[2]]
    factors = Mul.make_args(x)
    if ANCHOR in own and len(own) == 2 and all(isinstance(k, SampleIndex) for k in own):
        (other,) = (k for k in own if k != ANCHOR)
        renamed = tuple(sorted((y.xreplace({other: _PARTNER}) for y in factors), key=str))
        return [Leaf(renamed, (ANCHOR, _PARTNER), (ANCHOR, other))]
    if len(own) == 1:  # one tensor whatever the index is called
        name = ANCHOR if isinstance(own[0], SampleIndex) else FEATURE
        if isinstance(own[0], SampleIndex | FeatureIndex):
            renamed = tuple(y.xreplace({own[0]: name}) for y in factors)
            return [Leaf(renamed, (name,), (own[0],))]
    return [Leaf(tuple(factors), tuple(own), tuple(own))]


def _connected(leaves: Iterable[Leaf], bound: frozenset[Index]) -> list[list[Leaf]]:
    """Leaves by the indices they are summed over together."""
    parts: list[tuple[list[Leaf], frozenset[Index]]] = []
    for leaf in leaves:
        own = bound & frozenset(leaf.axes)
        joined = [x for x in parts if x[1] & own]
        parts = [x for x in parts if not x[1] & own]
        together = [y for x, _ in joined for y in x]
        parts.append(([*together, leaf], own.union(*(x for _, x in joined))))
    return [x for x, _ in parts]
