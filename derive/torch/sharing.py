"""An evaluator for losses in components: sums of products as networks, every contraction once."""

from collections.abc import Callable
from typing import Any

import torch
from sympy import Add, Expr
from torch import Tensor

from derive.errors import LoweringError
from derive.nodes import (
    ANCHOR,
    Component,
    D,
    Distinct,
    FeatureIndex,
    Given,
    H,
    HardestIndex,
    Index,
    IndexSum,
    Inner,
    N,
    Named,
    View,
    free_indices,
)
from derive.torch.axes import Labelled, product, total
from derive.torch.blocks import on_anchors
from derive.torch.contraction import Contractions, sum_of_products
from derive.torch.evaluator import Values
from derive.torch.logarithms import exp_of_product, is_exponential, scaling
from derive.torch.networks import Leaf, Network, Part, networks
from derive.torch.terms import constant, samples, squared_distance, terms, value_of
from derive.torch.tiling import TilingEvaluator

_SUBTRACTED = 256  # rows of a block of differences, which stays in cache


class SharingEvaluator(TilingEvaluator):
    """Evaluates expressions on one batch, every contraction once."""

    def __init__(self, h: Tensor, h_prime: Tensor, values: Values, *inputs: Any, **tile: Any):
        super().__init__(h, h_prime, values, *inputs, **tile)
        self.contractions = Contractions()
        self._numbers = {N.name: float(h.shape[0]), D.name: float(h.shape[1]), **values}
        self._views: dict[View, Tensor] = {}
        self._merged: dict[tuple[Expr, ...], Labelled] = {}

    def _evaluate(self, e: Expr) -> Labelled:
        numbers = constant(e)
        if numbers is not None:
            return self._constant(*numbers)
        if isinstance(e, Named):
            return self(value_of(e))
        if isinstance(e, IndexSum) and not is_exponential(e) and not e.has(Given, HardestIndex):
            return self.sum(e)
        if isinstance(e, Distinct) and all(isinstance(x, FeatureIndex) for x in e.args):
            return self._distinct(e)
        if isinstance(e, Inner) and e.args[1] == e.args[3]:
            return self._same_row(e)
        if isinstance(e, Add):
            sides = squared_distance(e)
            if sides is not None:
                return self._apart(*sides)
        return super()._evaluate(e)

    def _constant(self, names: tuple[str, ...], function: Callable[..., float]) -> Labelled:
        values = self._numbers
        missing = [x for x in names if x not in values]
        if missing:
            raise LoweringError(
                f"no value for {missing[0]}. Pass every hyper-parameter in `values`."
            )
        found = function(*[values[x] for x in names])
        return Labelled(found) if isinstance(found, Tensor) else self.scalar(found)

    def _distinct(self, e: Expr) -> Labelled:
        """[a ≠ b] of two whole axes, in one pass."""
        h, size = self.views[H], self.size(e.args[0])
        ones = torch.ones(size, size, dtype=h.dtype, device=h.device)
        return Labelled(ones.fill_diagonal_(0), tuple(e.args))

    def sum(self, e: Expr) -> Labelled:
        """A sum of products over its free indices."""
        keep = free_indices(e)
        n, d = self.views[H].shape
        found = [x for term in terms(e) for x in networks(term, keep, n, d)]
        if not (self.in_tiles and not samples(e)):
            return total([self.network(x, keep) for x in found])
        large = [on_anchors(x, keep, n, d)[0] for x in found if x.pairs]
        out = [self.network(x, keep) for x in found if not x.pairs]
        for ev in self.tiles([y for x in large for y in x.term.factors]) if large else ():
            out += [ev.network(x, keep) for x in large]
        return total(out)

    def network(self, x: Network, keep: frozenset[Index]) -> Labelled:
        return product([*self.scalars(x), *[self.part(y, keep) for y in x.parts]])

    def scalars(self, x: Network) -> list[Labelled]:
        """The factors without an index."""
        return [self(y) for y in x.scalars if y != 1]

    def part(self, x: Part, keep: frozenset[Index]) -> Labelled:
        parts = self.until_last(x, keep)
        if len(parts) == 1:
            return self._summed(parts[0], keep)
        return self.pair(parts[0], parts[1], keep)

    def until_last(self, x: Part, keep: frozenset[Index]) -> list[Labelled]:
        """The two tensors that a part is the contraction of; one if it has one factor."""
        parts = [self.leaf(leaf) for leaf in x.leaves]
        for a, b in x.order[:-1]:
            first, second = parts[a], parts[b]
            parts = [y for at, y in enumerate(parts) if at not in (a, b)]
            needed = keep.union(*(y.axes for y in parts))
            parts.append(self.pair(first, second, needed))
        return parts

    def pair(self, first: Labelled, second: Labelled, keep: frozenset[Index]) -> Labelled:
        own = self.whole is None or ANCHOR in first.axes or ANCHOR in second.axes
        if not own and self.whole is not None:
            return self.whole.pair(first, second, keep)
        return self.contractions.pair(first, second, keep)

    def made(self, first: Labelled, second: Labelled, keep: frozenset[Index]) -> Labelled | None:
        """A product of two if it was made before."""
        return self.contractions.known(first, second, keep)

    def _summed(self, x: Labelled, keep: frozenset[Index]) -> Labelled:
        dims = [n for n, k in enumerate(x.axes) if k not in keep]
        if not dims:
            return x
        return Labelled(x.data.sum(dim=dims), tuple(k for k in x.axes if k in keep))

    def leaf(self, leaf: Leaf) -> Labelled:
        if self.whole is not None and ANCHOR not in leaf.axes:
            return self.whole.leaf(leaf)
        (e, *more) = leaf.factors
        if isinstance(e, Component) and not more and not isinstance(e.args[1], HardestIndex):
            return Labelled(self.embeddings(e.args[0], e.args[1])[0], leaf.axes)
        found = self._merged.get(leaf.factors)
        if found is None:
            found = self._merged[leaf.factors] = self._product(leaf.factors)
        names = dict(zip(leaf.own, leaf.axes, strict=True))
        return Labelled(found.data, tuple(names[k] for k in found.axes))

    def _product(self, factors: tuple[Expr, ...]) -> Labelled:
        if len(factors) == 1:
            return self(factors[0])
        scales = scaling(factors)
        guards = [x for x in factors if scales and isinstance(x, Distinct)]
        rest = [x for x in factors if x not in scales and x not in guards]
        parts = exp_of_product(self, scales, guards) if scales else []
        return product([*parts, *map(self, rest)])

    def embeddings(self, view: View, index: Expr) -> tuple[Tensor, Index]:
        if isinstance(index, HardestIndex | Given):
            return super().embeddings(view, index)
        if self.whole is not None and index != ANCHOR:
            return self.whole.embeddings(view, index)
        known = self._views.get(view)
        if known is None and view.stopped:
            known = self._views[view] = self.embeddings(view.flowing, index)[0]
        if known is None:
            if self.whole is None:
                known = super().embeddings(view, index)[0]
            else:
                known = self.whole.embeddings(view, index)[0][self.seen]
            self._views[view] = known
        return known, index

    def _same_row(self, e: Expr) -> Labelled:
        v, i, w, j = e.args
        (left, rows), (right, _) = self.embeddings(v, i), self.embeddings(w, j)
        return Labelled(sum_of_products(left, right, 1, (rows,)), (rows,))

    def _apart(self, scale: Expr, v: View, w: View, i: Index) -> Labelled:
        (left, rows), (right, _) = self.embeddings(v, i), self.embeddings(w, i)
        apart = torch.cat(
            [
                (a - b).square_().sum(dim=1)
                for a, b in zip(left.split(_SUBTRACTED), right.split(_SUBTRACTED), strict=True)
            ]
        )
        return product([self(scale), Labelled(apart, (rows,))])
