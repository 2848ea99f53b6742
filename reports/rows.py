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
    NEGATIVE,
    Angle,
    Distinct,
    Hardest,
    HardestIndex,
    Index,
    IndexSum,
    Inner,
    N,
    SampleIndex,
    Sin,
)
from derive.torch.axes import Labelled, total
from derive.torch.evaluator import Evaluator
from derive.torch.logarithms import is_exponential, log_of
from derive.torch.rules import RULES
from reports.row_forms import obstacle, split_anchor, without_names

__all__ = ["evaluate_pairs", "evaluate_rows", "obstacle", "split_anchor"]

POINT = SampleIndex("_point")  # the axis of several positives against the same negatives


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


def evaluate_pairs(
    e: Expr, positive: Tensor, negatives: Tensor, values: Mapping[str, float]
) -> Tensor:
    """The same of an expression of the anchor and one negative j, for every j; (P, B, n)."""
    e = split_anchor(without_names(e))
    with torch.no_grad():
        rows = _Rows(positive, negatives, values)
        rows.fill_logarithms(e)
        shape = (*positive.shape, negatives.shape[1])
        return rows(e).over((POINT, ANCHOR, NEGATIVE)).expand(shape)


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
        """θ_ii' or θ_ik' for the cosine of it; k may be the hardest."""
        k = cosine.args[3]
        if k == ANCHOR:
            return Labelled(self.positive, (POINT, ANCHOR))
        if isinstance(k, HardestIndex):
            return self.angles_at(self(k))
        return Labelled(self.negatives, (ANCHOR, k))

    def angles_at(self, at: Labelled) -> Labelled:
        """θ_ik' of one negative k a row; at: their numbers, which may depend on the positive."""
        axes = (POINT, ANCHOR) if POINT in at.axes else (ANCHOR,)
        places = at.over(axes)
        places = places.expand(*places.shape[:-1], len(self.negatives))
        angles = self.negatives.expand(*places.shape, -1)
        return Labelled(angles.gather(-1, places[..., None]).squeeze(-1), axes)

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


def _hardest_index(rows: _Rows, e: HardestIndex) -> Labelled:
    body, k, _ = e.args
    value = rows.along(k, rows(body))
    return Labelled(
        value.data.argmax(dim=value.axes.index(k)), tuple(a for a in value.axes if a != k)
    )


def _inner(rows: _Rows, e: Inner) -> Labelled:
    angles = rows.angles(e)
    return Labelled(angles.data.cos(), angles.axes)


def _sine(rows: _Rows, e: Sin) -> Labelled:
    x = rows(e.args[0])
    return Labelled(x.data.sin(), x.axes)


def _distinct(rows: _Rows, e: Distinct) -> Labelled:
    return rows.scalar(1.0) if ANCHOR in e.args else RULES[Distinct](rows, e)


def _symbol(rows: _Rows, e: Symbol) -> Labelled:
    return rows.scalar(rows.negatives.shape[1] + 1.0) if e == N else RULES[Symbol](rows, e)


# What embeddings would be asked for; every other node has the rule of `derive.torch`.
_ROW_RULES: dict[type, Callable[[_Rows, Any], Labelled]] = {
    Inner: _inner,
    Angle: lambda rows, e: rows.angles(e.args[0]),
    Sin: _sine,
    IndexSum: _sum,
    Hardest: _hardest,
    HardestIndex: _hardest_index,
    Distinct: _distinct,
    Symbol: _symbol,
    Add: lambda rows, e: total([rows(x) for x in e.args]),
}


def _folded(angles: Tensor) -> Tensor:
    """The angle in [0, π] with the same cosine."""
    return torch.atan2(angles.sin().abs(), angles.cos())
