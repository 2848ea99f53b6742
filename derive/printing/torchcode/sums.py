"""Σ of a product: exponentials by their logarithms, indicators as masks, picks by look-up."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sympy import Add, Expr, Mul, S

from derive.indices import fresh
from derive.nodes import (
    Component,
    Delta,
    FeatureIndex,
    Index,
    IndexSum,
    Inner,
    SampleIndex,
    free_indices,
)
from derive.printing.torchcode.algebra import masked, product, total
from derive.printing.torchcode.arrays import Value
from derive.printing.torchcode.contraction import contract, summed
from derive.printing.torchcode.factors import (
    plain_beside_picked,
    removable,
    repeated,
    scaled,
    signed,
)
from derive.printing.torchcode.logs import Logarithm, exponential, log_of
from derive.printing.torchcode.positive import MASKS, is_exponential
from derive.printing.torchcode.scatter import Selector, spread
from derive.printing.torchcode.selection import PICKS, positions

if TYPE_CHECKING:
    from derive.printing.torchcode.rules import Lowering


def index_sum(low: "Lowering", e: IndexSum) -> Value:
    """Σ_k, together with the sums directly inside it."""
    body, k = e.args
    if is_exponential(e):
        return exponential(low.graph, [log_of(low, e)])
    bound = [k]
    while isinstance(body, IndexSum) and not is_exponential(body):
        bound.append(body.args[1])
        body = body.args[0]
    return _sum_over(low, body, bound)


def _sum_over(low: "Lowering", body: Expr, bound: list[Index]) -> Value:
    if isinstance(body, Add):
        rows = frozenset(bound)
        if len(bound) == 1 and all(free_indices(x) <= rows for x in body.args):
            value = low(body)
            if set(value.axes) == rows:
                return summed(low.graph, value, bound)
        return total(low.graph, [_sum_over(low, x, bound) for x in body.args])
    return sum_of_product(low, Mul.make_args(body), bound)


def sum_of_product(low: "Lowering", factors: Sequence[Expr], bound: Sequence[Index]) -> Value:
    """Σ over the bound indices of a product."""
    factors = [part for x in factors for part in repeated(x)]
    scales = [x for x in factors if is_exponential(x)]
    rest = [x for x in factors if x not in scales]
    inside = signed(rest) if scales else None
    if inside is not None:
        # Σ_k e^x_k c_k / Σ_k e^x_k: the normaliser goes inside, or e^x overflows where the
        # softmax does not.
        left = [x for x in rest if x is not inside]
        return sum_of_product(low, [*left, scaled(inside, Mul(*scales))], bound)
    guard = removable(rest, bound) if not scales else None
    if guard is not None:
        return _less_own(low, rest, guard, bound)
    return _Product(low, scales, rest, list(bound)).value()


def _less_own(low: "Lowering", rest: Sequence[Expr], guard: Expr, bound: Sequence[Index]) -> Value:
    """Σ_{k≠i} f(k) = Σ_k f(k) − f(i)."""
    k = next(x for x in guard.args if x in bound)
    other = next(x for x in guard.args if x != k)
    left = [x for x in rest if x is not guard]
    own = [y for x in left for y in Mul.make_args(x.xreplace({k: other}))]
    own_value = sum_of_product(low, own, [x for x in bound if x != k])
    return total(low.graph, [sum_of_product(low, left, bound), own_value.times(S.NegativeOne)])


class _Product:
    """One product to be summed."""

    def __init__(self, low: "Lowering", scales: list[Expr], rest: list[Expr], bound: list[Index]):
        self.low, self.scales, self.bound = low, scales, bound
        self.masks = [x for x in rest if isinstance(x, MASKS)]
        self.rest = [x for x in rest if not isinstance(x, MASKS)]
        everything = frozenset().union(*map(free_indices, [*scales, *rest]), frozenset())
        self.keep = everything - frozenset(bound)
        self.unused = [k for k in bound if k not in everything]

    def value(self) -> Value:
        selectors = self._selectors()
        parts = [part for x in self.rest for part in self._factor(x, selectors)]
        masks = [self.low(x) for x in self.masks]
        if self.scales:
            near = frozenset().union(*map(free_indices, self.scales))
            own = [x for x in masks if set(x.axes) <= near]
            masks = [x for x in masks if x not in own]
            logs = [log_of(self.low, x) for x in self.scales]
            logs += [Logarithm(S.One, None, (x,)) for x in own]
            parts.append(exponential(self.low.graph, logs))
        parts = self._masked(parts, masks)
        parts.append(Value(Mul(*[self.low.size(k) for k in self.unused])))
        if not self.bound:
            return product(self.low.graph, parts)
        parts = spread(self.low.graph, parts, selectors, self.keep)
        return contract(self.low.graph, parts, self.keep)

    def _selectors(self) -> list[Selector]:
        """δ of an index and a picked one that varies in the sum."""
        found = []
        for x in list(self.masks):
            picked = [y for y in x.args if isinstance(y, PICKS)]
            if isinstance(x, Delta) and len(picked) == 1:
                at = self.low(picked[0])
                plain = next(y for y in x.args if y is not picked[0])
                if plain not in at.axes and any(k in self.bound for k in at.axes):
                    found.append(Selector(plain, at))
                    self.masks.remove(x)
                    self._pick(plain, picked[0], frozenset(at.axes))
        return found

    def _pick(self, plain: Expr, picked: Expr, axes: frozenset[Index]) -> None:
        """δ_{p,at(k)} f(k, p) = δ_{p,at(k)} f(k, at(k)): a row, not a block."""
        for factors in (self.scales, self.rest, self.masks):
            for n, x in enumerate(factors):
                if plain in free_indices(x) and axes & free_indices(x):
                    factors[n] = x.xreplace({plain: picked})

    def _factor(self, x: Expr, selectors: list[Selector]) -> list[Value]:
        """A factor; ⟨v_i, w_j⟩ as two components where a cheaper order may be taken."""
        if isinstance(x, Component) and isinstance(x.args[1], PICKS):
            at = positions(self.low, x.args[1])
            busy = any(set(s.at.axes) & set(at.axes) for s in selectors)
            if len(at.axes) > 1 and any(k in self.bound for k in at.axes) and not busy:
                p = fresh(SampleIndex)
                selectors.append(Selector(p, at))
                return [self.low.embeddings(x.args[0], p, x.args[2])]
        if isinstance(x, Inner) and self._splits(x):
            v, i, w, j = x.args
            a = fresh(FeatureIndex)
            sides = (Component(v, i, a), Component(w, j, a))
            return [y for side in sides for y in self._factor(side, selectors)]
        return [self.low(x)]

    def _splits(self, x: Inner) -> bool:
        _, i, _, j = x.args
        if i == j or self.low.knows(x):
            return False
        others = [y for y in (*self.scales, *self.rest, *self.masks) if y is not x]
        if isinstance(i, PICKS) or isinstance(j, PICKS):
            k = plain_beside_picked(x)
            return k in self.bound and not any(k in free_indices(y) for y in others)
        pair = frozenset((i, j))
        coupled = any(pair <= free_indices(y) for y in others)
        return not coupled and not pair.isdisjoint(self.bound)

    def _masked(self, parts: list[Value], masks: list[Value]) -> list[Value]:
        """Every mask on the last part that has its axes, else a factor of its own."""
        parts, left = list(parts), []
        for mask in masks:
            fitting = [n for n, x in enumerate(parts) if x.node and set(mask.axes) <= set(x.axes)]
            at = fitting[-1] if fitting else None  # an exponential comes last: what is left out of
            # it may have overflowed
            if at is None or not self.bound:
                left.append(mask)
            else:
                parts[at] = masked(self.low.graph, parts[at], [mask], "0.0")
        return parts + left
