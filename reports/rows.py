"""An anchor's expression on given angles: no embeddings, only θ_ii' and the θ_ij' of j ≠ i.

What a figure over (μ_pos, μ_neg) needs. The lowering rules are those of `derive.torch`; only the
inner products are replaced. Nothing here knows a loss.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from sympy import Add, Expr, Mul, Symbol, postorder_traversal
from torch import Tensor

from derive.nodes import (
    ANCHOR,
    H_PRIME,
    Angle,
    Component,
    D,
    Delta,
    Distinct,
    Given,
    H,
    Hardest,
    HardestIndex,
    Index,
    IndexSum,
    Inner,
    Match,
    Mismatch,
    N,
    Named,
    SampleIndex,
    Top,
)
from derive.torch.axes import Labelled, total
from derive.torch.evaluator import Evaluator
from derive.torch.logarithms import is_exponential, log_of
from derive.torch.rules import RULES

POINT = SampleIndex("_point")  # the axis of several positives against the same negatives


def obstacle(e: Expr) -> str:
    """Why `evaluate_rows` cannot evaluate an expression; empty if it can."""
    e = without_names(e)
    if e.atoms(HardestIndex):
        return "it singles out one negative"
    if e.atoms(Top):
        return "it keeps a share of the negatives"
    if e.atoms(Match, Mismatch, Given):
        return "it depends on an input beside the embeddings"
    if e.atoms(Component) or e.has(D):
        return "it depends on single features or on their number"
    if any(_is_foreign(x) for x in e.atoms(Inner)) or e.atoms(Delta):
        return "it depends on more than the cosines of the anchor with the other view"
    return ""


def _is_foreign(inner: Inner) -> bool:
    v, i, w, _ = inner.args
    return (v, i, w) != (H, ANCHOR, H_PRIME)


def without_names(e: Expr) -> Expr:
    """Every named intermediate written out."""
    while named := e.atoms(Named):
        e = e.xreplace({x: x.value for x in named})
    return e


def split_anchor(e: Expr) -> Expr:
    """Σ_k f(k) as Σ_{k≠i} f(k) + f(i), wherever a sum over all samples holds the anchor."""
    if not e.args or not e.has(IndexSum):
        return e
    e = e.func(*map(split_anchor, e.args))
    if not isinstance(e, IndexSum) or not isinstance(e.args[1], SampleIndex):
        return e
    body, k = e.args
    guard = Distinct(ANCHOR, k)
    if guard in (body, *body.args):
        return e
    return IndexSum(guard * body, k) + body.xreplace({k: ANCHOR})


def evaluate_rows(
    e: Expr, positive: Tensor, negatives: Tensor, values: Mapping[str, float]
) -> Tensor:
    """An expression of the anchor on rows of angles; (P, B), for P positives of every row.

    positive: (P, B) radians, θ_ii'; negatives: (B, n) radians, θ_ij' for j ≠ i, so N = n + 1;
    values: every hyper-parameter by name. Angles outside [0, π] are folded into it. What depends
    on the negatives alone is evaluated once for all P. `obstacle` says what is not accepted.
    """
    e = split_anchor(without_names(e))
    with torch.no_grad():
        rows = _Rows(positive, negatives, values)
        rows.fill_logarithms(e)
        return rows(e).over((POINT, ANCHOR)).expand(positive.shape)


class _Rows(Evaluator):
    """Sample axes hold the n negatives of a row: the anchor is at no position of them."""

    def __init__(self, positive: Tensor, negatives: Tensor, values: Mapping[str, float]) -> None:
        nothing = negatives.new_empty(0, 0)
        super().__init__(nothing, nothing, values)
        self.positive, self.negatives = _folded(positive), _folded(negatives)
        self.found: dict[Expr, Labelled] = {}

    def __call__(self, e: Expr) -> Labelled:
        if e not in self.found:
            rule = next((_ROW_RULES[x] for x in type(e).__mro__ if x in _ROW_RULES), None)
            self.found[e] = super().__call__(e) if rule is None else rule(self, e)
        return self.found[e]

    def angles(self, cosine: Inner) -> Labelled:
        """θ_ii' or θ_ik' for the cosine of it."""
        k = cosine.args[3]
        if k == ANCHOR:
            return Labelled(self.positive, (POINT, ANCHOR))
        return Labelled(self.negatives, (ANCHOR, k))

    def fill_logarithms(self, e: Expr) -> None:
        """log Σ_k for every sum of exponentials in e, the inner ones first."""
        for x in postorder_traversal(e):
            if isinstance(x, IndexSum) and is_exponential(x):
                body, k = x.args
                guards, rest = _guards(body)
                value = self.along(k, log_of(self, rest))
                for guard in guards:
                    value = self.without(guard, value)
                data = value.data.logsumexp(dim=value.axes.index(k))
                self.logs[x] = Labelled(data, tuple(a for a in value.axes if a != k))

    def along(self, k: Index, value: Labelled) -> Labelled:
        """The value with an axis for k, repeated if it does not depend on k."""
        if k in value.axes:
            return value
        count = self.negatives.shape[1]
        return Labelled(value.data[..., None].expand(*value.data.shape, count), (*value.axes, k))

    def positions(self, index: Expr) -> Labelled:
        """The numbers of the negatives."""
        return Labelled(torch.arange(self.negatives.shape[1]), (index,))


def _guards(body: Expr) -> tuple[list[Expr], Expr]:
    """k ≠ l for two negatives, and the body without any such factor; k ≠ i always holds."""
    factors = Mul.make_args(body)
    guards = [x for x in factors if isinstance(x, Distinct)]
    rest = Mul(*[x for x in factors if x not in guards])
    return [x for x in guards if ANCHOR not in x.args], rest


def _sum(rows: _Rows, e: IndexSum) -> Labelled:
    if e in rows.logs:
        return Labelled(rows.logs[e].data.exp(), rows.logs[e].axes)
    body, k = e.args
    value = rows.along(k, rows(body))
    return Labelled(value.data.sum(dim=value.axes.index(k)), tuple(a for a in value.axes if a != k))


def _hardest(rows: _Rows, e: Hardest) -> Labelled:
    body, k, _ = e.args
    value = rows.along(k, rows(body))
    return Labelled(
        value.data.amax(dim=value.axes.index(k)), tuple(a for a in value.axes if a != k)
    )


def _inner(rows: _Rows, e: Inner) -> Labelled:
    angles = rows.angles(e)
    return Labelled(angles.data.cos(), angles.axes)


def _distinct(rows: _Rows, e: Distinct) -> Labelled:
    return rows.scalar(1.0) if ANCHOR in e.args else RULES[Distinct](rows, e)


def _symbol(rows: _Rows, e: Symbol) -> Labelled:
    return rows.scalar(rows.negatives.shape[1] + 1.0) if e == N else RULES[Symbol](rows, e)


# What embeddings would be asked for; every other node has the rule of `derive.torch`.
_ROW_RULES: dict[type, Callable[[_Rows, Any], Labelled]] = {
    Inner: _inner,
    Angle: lambda rows, e: rows.angles(e.args[0]),
    IndexSum: _sum,
    Hardest: _hardest,
    Distinct: _distinct,
    Symbol: _symbol,
    Add: lambda rows, e: total([rows(x) for x in e.args]),
}


def _folded(angles: Tensor) -> Tensor:
    """The angle in [0, π] with the same cosine."""
    return torch.atan2(angles.sin().abs(), angles.cos())
