"""An expression where every negative is at one angle from its anchor and every positive at another.

The picture the curves of the literature are drawn in: sums over negatives become N − 1 times one
of them.
"""

from collections import Counter
from dataclasses import dataclass

from sympy import Add, Expr, Mul, S

from derive.nodes import (
    ANCHOR,
    NEGATIVE,
    Component,
    Delta,
    Distinct,
    Given,
    Hardest,
    HardestIndex,
    IndexSum,
    Inner,
    Match,
    Mismatch,
    N,
    Named,
    Node,
    SampleIndex,
    Top,
    View,
)

_Samples = frozenset[Expr]


@dataclass(frozen=True)
class NotAtEqualAnglesError(Exception):
    """Why there is no such value; one clause, for the output."""

    reason: str


def at_equal_angles(e: Expr) -> Expr:
    """The value in terms of c_ii', and c_ij', c_ij and c_i'j' for all negatives of their kind.

    At ties, all of them are the hardest; one-hot weights are taken at it. Raises
    `NotAtEqualAnglesError` for labels, given indices and single features.
    """
    return _value(e, frozenset((ANCHOR, NEGATIVE)))


def _value(e: Expr, named: _Samples) -> Expr:
    """named: the samples around, all different."""
    if isinstance(e, Match | Mismatch):
        raise NotAtEqualAnglesError("the labels decide which samples are negatives")
    if isinstance(e, Component | Given):
        raise NotAtEqualAnglesError("it depends on more than the angles")
    if isinstance(e, Inner):
        return _inner(e, named)
    if isinstance(e, IndexSum):
        return _sum(e, named)
    if isinstance(e, Hardest):
        body, k, _ = e.args
        return _value(body, named | {k})
    if isinstance(e, Delta | Distinct):
        return _equal(e)
    if isinstance(e, Top):
        return S.One
    if isinstance(e, Named):
        return _value(e.value, named)
    if not e.args or not e.has(Node):
        return e
    return e.func(*[_value(x, named) for x in e.args])


def _sum(e: IndexSum, named: _Samples) -> Expr:
    body, k = e.args
    if not isinstance(k, SampleIndex):
        raise NotAtEqualAnglesError("it depends on more than the angles")
    values = [_value(body.xreplace({k: sample}), named) for sample in named]
    count: Counter[Expr] = Counter(values)
    other = _value(body, named | {k})
    parts = [Mul(times, x) for x, times in count.items() if x != other]
    return Add(*parts, (N - len(named) + count[other]) * other)


def _equal(e: Expr) -> Expr:
    a, b = e.args
    same = a == b or isinstance(a, HardestIndex) or isinstance(b, HardestIndex)
    return S.One if same == isinstance(e, Delta) else S.Zero


def _inner(e: Inner, named: _Samples) -> Expr:
    """The cosine of the anchor's pair of the same kind."""
    v, p, w, q = e.args
    if "centred" in (v.role, w.role):
        raise NotAtEqualAnglesError("it depends on the mean of the batch")
    for hardest, other in ((p, q), (q, p)):
        if isinstance(hardest, HardestIndex) and hardest.args[2] != other:
            raise NotAtEqualAnglesError("it depends on which sample is the hardest")
    if p == q:
        return S.One if v == w else Inner(v, ANCHOR, w, ANCHOR)
    return Inner(*_ordered(v, w))


def _ordered(v: View, w: View) -> tuple[View, SampleIndex, View, SampleIndex]:
    v, w = sorted((v, w), key=lambda x: x.name)
    return v, ANCHOR, w, NEGATIVE
