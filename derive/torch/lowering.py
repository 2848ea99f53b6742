"""Expressions on tensors: one rule a node. Nothing here knows a loss.

Positive quantities made of exponentials are evaluated by their logarithms: Σ_k e^{x_k} is a
log-sum-exp, a softmax is e^{x − lse}, and the dissipation e^{lse(negatives) − lse(all)} keeps
its digits where 1 − p would lose them.

Edges: the reciprocal of a distance, or of the sine of an angle, at coincident or antipodal points
is 0 (the zero subgradient); an angle is 2·atan2(‖a − b‖, ‖a + b‖), since ⟨h, h⟩ exceeds 1 for one
unit vector in five; gates are strict; a tie at the maximum goes to one index.
"""

from collections.abc import Callable, Mapping, Sequence
from math import log

import torch
from sympy import Add, Expr, Integer, Mul, Pow, Symbol
from sympy.core.numbers import Number
from torch import Tensor

from derive.canonical import free_indices
from derive.errors import LoweringError
from derive.nodes import (
    H_PRIME,
    Angle,
    Component,
    Cos,
    D,
    Delta,
    Distinct,
    Exp,
    FeatureIndex,
    H,
    Hardest,
    HardestIndex,
    Hinge,
    Index,
    IndexSum,
    Inner,
    Log,
    N,
    Named,
    SampleIndex,
    Sin,
    Step,
    Stop,
    View,
)
from derive.notation import fresh
from derive.torch.axes import Axes, Labelled, contract, product, total

Values = Mapping[str, float]


def evaluate(
    e: Expr, h: Tensor, h_prime: Tensor, values: Values, axes: Sequence[Index] = ()
) -> Tensor:
    """An expression on a batch, without building an autograd graph.

    h, h_prime: (N, D); values: every hyper-parameter by name; axes: the free indices of the
    expression, in the order of the result's dimensions (all it has; others give size 1).
    Raises `LoweringError` for a node without a rule or a free index not in `axes`.
    """
    missing = free_indices(e) - set(axes)
    if missing:
        raise LoweringError(f"{e} depends on {sorted(map(str, missing))}: name them in `axes`.")
    with torch.no_grad():
        result = Evaluator(h, h_prime, values)(e).over(axes)
        sizes = [h.shape[0] if isinstance(k, SampleIndex) else h.shape[1] for k in axes]
        return result.expand(sizes)


class Evaluator:
    """Evaluates expressions on one batch, each subexpression once.

    rows: restrict one sample index (the anchor) to a slice of the batch, for tiles.
    known: expressions whose value is given (a normaliser over the whole batch, for tiles).
    """

    def __init__(
        self,
        h: Tensor,
        h_prime: Tensor,
        values: Values,
        rows: tuple[SampleIndex, slice] | None = None,
        known: dict[Expr, Labelled] | None = None,
    ):
        self.views = {H: h, H_PRIME: h_prime}
        self.values = values
        self.rows = rows
        self._known: dict[Expr, Labelled] = dict(known or {})
        self._logs: dict[Expr, Labelled] = {}
        self._blocks: dict[tuple[View, bool, View, bool], Tensor] = {}

    def __call__(self, e: Expr) -> Labelled:
        found = self._known.get(e)
        if found is None:
            found = self._known[e] = self._evaluate(e)
        return found

    def _evaluate(self, e: Expr) -> Labelled:
        for kind in type(e).__mro__:
            rule = _RULES.get(kind)
            if rule is not None:
                return rule(self, e)
        raise LoweringError(
            f"no torch rule for {type(e).__name__} (in {e}). Add one to derive/torch/lowering.py."
        )

    def knows(self, e: Expr) -> bool:
        """Whether an expression was given or evaluated before."""
        return e in self._known

    # ---- the batch ----

    def scalar(self, x: float) -> Labelled:
        h = self.views[H]
        return Labelled(torch.tensor(x, dtype=h.dtype, device=h.device))

    def size(self, k: Index) -> int:
        samples, features = self.views[H].shape
        return int(samples) if isinstance(k, SampleIndex) else int(features)

    def positions(self, index: Expr) -> Labelled:
        """The sample (or feature) numbers an index stands for."""
        if isinstance(index, HardestIndex):
            return self(index)
        numbers = torch.arange(self.size(index), device=self.views[H].device)
        if self.rows is not None and index == self.rows[0]:
            numbers = numbers[self.rows[1]]
        return Labelled(numbers, (index,))

    def start(self, index: Index) -> int:
        """The first sample an index runs over: that of the tile for the anchor, else 0."""
        if self.rows is None or index != self.rows[0]:
            return 0
        return int(self.rows[1].start)

    def embeddings(self, view: View, index: Expr) -> tuple[Tensor, Index]:
        """Rows of a view for an index, (rows, D), and the axis the rows run over."""
        data = self.views[view.base]
        if view.role == "centred":
            data = data - data.mean(dim=0)
        if isinstance(index, HardestIndex):
            at = self(index)
            if len(at.axes) != 1:
                raise LoweringError(f"{index} needs exactly one anchor.")
            return data[at.data], at.axes[0]
        if self.rows is not None and index == self.rows[0]:
            data = data[self.rows[1]]
        return data, index

    def block(self, v: View, i: Index, w: View, j: Index) -> Tensor:
        """⟨v_i, w_j⟩ over two different indices: one matrix product, whatever they are called."""
        tiled = None if self.rows is None else self.rows[0]
        name = (v, i == tiled, w, j == tiled)
        if name not in self._blocks:
            self._blocks[name] = self.embeddings(v, i)[0] @ self.embeddings(w, j)[0].T
        return self._blocks[name]

    # ---- logarithms of positive expressions ----

    def log(self, e: Expr) -> Labelled:
        """log e, for an expression that `is_exponential` accepts."""
        found = self._logs.get(e)
        if found is None:
            found = self._logs[e] = self._log(e)
        return found

    def _log(self, e: Expr) -> Labelled:
        if isinstance(e, Exp):
            return self(e.args[0])
        if isinstance(e, Pow):
            return product([self(e.exp), self.log(e.base)])
        if isinstance(e, Mul):
            return total([self.log(x) for x in e.args])
        if isinstance(e, Add):
            parts = [self.log(x) for x in e.args]
            axes = total(parts).axes
            out = parts[0].over(axes)
            for x in parts[1:]:
                out = torch.logaddexp(out, x.over(axes))
            return Labelled(out, axes)
        if isinstance(e, IndexSum):
            return self._log_sum(*e.args)
        value = self(e)
        return Labelled(value.data.log(), value.axes)

    def _log_sum(self, body: Expr, k: Index) -> Labelled:
        if k not in free_indices(body):
            return total([self.log(body), self.scalar(log(self.size(k)))])
        guards = [x for x in Mul.make_args(body) if isinstance(x, Distinct)]
        value = self.log(Mul(*[x for x in Mul.make_args(body) if x not in guards]))
        for guard in guards:
            value = self.without(guard, value)
        at = value.axes.index(k)
        axes = tuple(x for x in value.axes if x != k)
        return Labelled(torch.logsumexp(value.data, dim=at), axes)

    def without(self, guard: Expr, value: Labelled) -> Labelled:
        """The value with −∞ wherever the two indices of a `Distinct` agree."""
        a, b = guard.args
        axes = value.axes + tuple(x for x in (a, b) if x not in value.axes)
        if axes == value.axes and len(axes) == 2:
            first, second = self.start(axes[0]), self.start(axes[1])
            data = value.data.clone()
            data.diagonal(offset=first - second).fill_(-torch.inf)
            return Labelled(data, axes)
        masked = value.over(axes).masked_fill(self(guard).over(axes) == 0, -torch.inf)
        return Labelled(masked, axes)


def is_exponential(e: Expr) -> bool:
    """A positive expression with an exponential in it, built so that `Evaluator.log` applies."""
    return e.has(Exp) and _positive(e)


def _positive(e: Expr) -> bool:
    if isinstance(e, Exp):
        return True
    if isinstance(e, Distinct | Delta):
        return True  # log 0 = −∞ drops out of every log-sum-exp
    if isinstance(e, Add | Mul):
        return all(_positive(x) for x in e.args)
    if isinstance(e, Pow):
        return _positive(e.base) and bool(e.exp.is_number)
    if isinstance(e, IndexSum):
        return _positive(e.args[0])
    return bool((isinstance(e, Number) or e.is_Symbol) and e.is_positive)


Rule = Callable[[Evaluator, Expr], Labelled]


def _number(ev: Evaluator, e: Expr) -> Labelled:
    return ev.scalar(float(e))


def _symbol(ev: Evaluator, e: Expr) -> Labelled:
    if e in (N, D):
        samples, features = ev.views[H].shape
        return ev.scalar(float(samples if e == N else features))
    if e.name not in ev.values:
        raise LoweringError(f"no value for {e.name}. Pass every hyper-parameter in `values`.")
    return ev.scalar(float(ev.values[e.name]))


def _component(ev: Evaluator, e: Expr) -> Labelled:
    view, index, feature = e.args
    data, rows = ev.embeddings(view, index)
    return Labelled(data, (rows, feature))


def _inner(ev: Evaluator, e: Expr) -> Labelled:
    v, i, w, j = e.args
    left, rows = ev.embeddings(v, i)
    right, columns = ev.embeddings(w, j)
    if rows == columns:
        return Labelled((left * right).sum(dim=1), (rows,))
    if isinstance(i, HardestIndex) or isinstance(j, HardestIndex):
        return Labelled(left @ right.T, (rows, columns))
    return Labelled(ev.block(v, rows, w, columns), (rows, columns))


def _add(ev: Evaluator, e: Expr) -> Labelled:
    return total([ev(x) for x in e.args])


def _mul(ev: Evaluator, e: Expr) -> Labelled:
    scales = [x for x in e.args if is_exponential(x)]
    rest = [x for x in e.args if x not in scales]
    for x in rest if scales else []:
        if isinstance(x, IndexSum) and x.has(Exp):
            # Σ_k e^x_k c_k / Σ_k e^x_k: the normaliser goes inside, or e^x overflows where the
            # softmax does not.
            body, k = x.args
            return ev(Mul(IndexSum(Mul(body, *scales), k), *[y for y in rest if y is not x]))
    parts = [ev(x) for x in rest]
    if scales:
        parts.append(_from_logs(ev, scales))
    return product(parts)


def _from_logs(ev: Evaluator, factors: Sequence[Expr], guards: Sequence[Expr] = ()) -> Labelled:
    """The product of exponential factors, by the sum of their logarithms: −∞ where a guard is 0,
    since what it leaves out may overflow."""
    logs = total([ev.log(x) for x in factors])
    for guard in guards:
        logs = ev.without(guard, logs)
    return Labelled(logs.data.exp(), logs.axes)


def _pow(ev: Evaluator, e: Expr) -> Labelled:
    if is_exponential(e):
        logs = ev.log(e)
        return Labelled(logs.data.exp(), logs.axes)
    base = ev(e.base)
    x = base.data
    if not e.exp.is_Integer:
        x = x.clamp(min=0)  # a squared distance below zero is rounding
    out = x.sqrt() if abs(e.exp) == Number(1) / 2 else x ** float(abs(e.exp))
    if e.exp.is_negative:
        out = torch.where(out == 0, torch.zeros_like(out), 1 / out)
    return Labelled(out, base.axes)


def _index_sum(ev: Evaluator, e: Expr) -> Labelled:
    body, k = e.args
    if is_exponential(e):
        logs = ev.log(e)
        return Labelled(logs.data.exp(), logs.axes)
    bound = [k]
    while isinstance(body, IndexSum) and not is_exponential(body):
        bound.append(body.args[1])
        body = body.args[0]
    return _sum_over(ev, body, bound)


def _sum_over(ev: Evaluator, body: Expr, bound: list[Index]) -> Labelled:
    if isinstance(body, Add):
        return total([_sum_over(ev, x, bound) for x in body.args])
    unused = [k for k in bound if k not in free_indices(body)]
    keep = free_indices(body) - frozenset(bound)
    scales = [x for x in Mul.make_args(body) if is_exponential(x)]
    guards = [x for x in Mul.make_args(body) if scales and isinstance(x, Distinct)]
    rest = [x for x in Mul.make_args(body) if x not in scales and x not in guards]
    parts = [part for x in rest for part in _factors(ev, x)]
    if scales:
        parts.append(_from_logs(ev, scales, guards))
    scalars = [x for x in parts if not x.axes] + [ev.scalar(float(ev.size(k))) for k in unused]
    tensors = [x for x in parts if x.axes]
    return product([*([contract(tensors, keep)] if tensors else []), *scalars])


def _factors(ev: Evaluator, x: Expr) -> list[Labelled]:
    """A factor of a sum; ⟨v_i, w_j⟩ as two components, so that the cheaper order can be taken."""
    if isinstance(x, Pow) and x.exp == 2 and isinstance(x.base, Component):
        return [ev(x.base)] * 2
    if isinstance(x, Inner) and x.args[1] != x.args[3] and not ev.knows(x):
        v, i, w, j = x.args
        a = fresh(FeatureIndex)
        return [_component(ev, Component(v, i, a)), _component(ev, Component(w, j, a))]
    return [ev(x)]


def _exp(ev: Evaluator, e: Expr) -> Labelled:
    x = ev(e.args[0])
    return Labelled(x.data.exp(), x.axes)


def _log(ev: Evaluator, e: Expr) -> Labelled:
    if is_exponential(e.args[0]):
        return ev.log(e.args[0])
    x = ev(e.args[0])
    return Labelled(x.data.log(), x.axes)


def _angle(ev: Evaluator, e: Expr) -> Labelled:
    cosine = e.args[0]
    if not isinstance(cosine, Inner):
        raise LoweringError(f"{e}: only the angle of two embeddings has a rule.")
    v, i, w, j = cosine.args
    left, rows = ev.embeddings(v, i)
    right, columns = ev.embeddings(w, j)
    if rows == columns:
        apart, together = (left - right).norm(dim=1), (left + right).norm(dim=1)
        return Labelled(2 * torch.atan2(apart, together), (rows,))
    c = ev(cosine)
    return Labelled(
        2 * torch.atan2((1 - c.data).clamp(min=0).sqrt(), (1 + c.data).clamp(min=0).sqrt()), c.axes
    )


def _unary(function: Callable[[Tensor], Tensor]) -> Rule:
    def rule(ev: Evaluator, e: Expr) -> Labelled:
        x = ev(e.args[0])
        return Labelled(function(x.data), x.axes)

    return rule


def _same_index(ev: Evaluator, e: Expr) -> Labelled:
    a, b = (ev.positions(x) for x in e.args)
    axes = tuple(dict.fromkeys(a.axes + b.axes))
    same = a.over(axes) == b.over(axes)
    if isinstance(e, Distinct):
        same = ~same
    return Labelled(same.to(ev.views[H].dtype), axes)


def _without_anchor(ev: Evaluator, e: Expr) -> tuple[Tensor, Axes, int]:
    """The body of a maximum with −∞ at the anchor itself, its other axes, and k's dimension."""
    body, k, i = e.args
    value = ev(body)
    axes = (*[x for x in value.axes if x != k], k)
    guarded = ev.without(Distinct(k, i), Labelled(value.over(axes), axes))
    at = guarded.axes.index(k)
    return guarded.data, tuple(x for x in guarded.axes if x != k), at


def _hardest(ev: Evaluator, e: Expr) -> Labelled:
    data, axes, at = _without_anchor(ev, e)
    return Labelled(data.amax(dim=at), axes)


def _hardest_index(ev: Evaluator, e: Expr) -> Labelled:
    data, axes, at = _without_anchor(ev, e)
    return Labelled(data.argmax(dim=at), axes)


_RULES: dict[type, Rule] = {
    Number: _number,
    type(Integer(0)): _number,
    Symbol: _symbol,
    Add: _add,
    Mul: _mul,
    Pow: _pow,
    Component: _component,
    Inner: _inner,
    IndexSum: _index_sum,
    Delta: _same_index,
    Distinct: _same_index,
    Hardest: _hardest,
    HardestIndex: _hardest_index,
    Exp: _exp,
    Log: _log,
    Angle: _angle,
    Cos: _unary(torch.cos),
    Sin: _unary(torch.sin),
    Hinge: _unary(torch.relu),
    Step: _unary(lambda x: (x > 0).to(x.dtype)),
    Stop: lambda ev, e: ev(e.args[0]),
    Named: lambda ev, e: ev(e.value),
}
