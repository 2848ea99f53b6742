"""A gradient in few matrix products: terms that end in the same product are added up before it.

Every term of a gradient ends in x_ia·f_a, in Σ_b x_ib Q_ba or in Σ_k P_ik x_ka. What meets the
same x is summed first, at D·D or N·N entries, f on the diagonal; one product is left for each x,
and it is added in place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from derive.nodes import ANCHOR, FEATURE, Component, FeatureIndex, H, Index
from derive.torch.axes import Axes, Labelled, product, union
from derive.torch.networks import Network, Part
from derive.torch.sharing import SharingEvaluator


class _Groups:
    """Tensors that several terms share, and the sum of what each is multiplied with."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[Tensor, Tensor, Tensor]] = {}

    def add(self, shared: Labelled, axes: Axes, factors: list[Labelled], other_axes: Axes) -> None:
        key = id(shared.data)  # which the group keeps alive
        first, rest = factors[0].over(other_axes), product(factors[1:]).over(other_axes)
        if key in self._found:
            data, x, others = self._found[key]
            self._found[key] = data, x, torch.addcmul(others, first, rest)
        else:
            self._found[key] = shared.data, shared.over(axes), first * rest

    def taken(self) -> Iterator[tuple[Tensor, Tensor]]:
        """One group, no longer here."""
        if self._found:
            _, x, others = self._found.pop(next(iter(self._found)))
            yield x, others

    def on_diagonal(self, other: "_Groups") -> None:
        """Takes Σ_a x_ia f_a over from a group, into Σ_b x_ib (Q_ba + f_a δ_ab)."""
        for key in self._found.keys() & other._found.keys():
            _, _, f = other._found.pop(key)
            self._found[key][2].diagonal().add_(f)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        return ((x, others) for _, x, others in self._found.values())


@dataclass
class Assembly:
    """The sum of networks over (row, FEATURE)."""

    ev: SharingEvaluator
    row: Index = ANCHOR
    _features: _Groups = field(default_factory=_Groups)  # x_ib, Σ Q_ba
    _samples: _Groups = field(default_factory=_Groups)  # x_ka, Σ P_ik
    _rows: _Groups = field(default_factory=_Groups)  # x_ia, Σ f_a
    _dense: list[Labelled] = field(default_factory=list)

    def add(self, networks: Sequence[Network]) -> None:
        """Networks that end in a matrix product first: sums of rows may be read off those."""
        keep = frozenset((self.row, FEATURE))
        ends = [(x, _carrier(x, keep)) for x in networks]
        for x, carrier in sorted(ends, key=lambda y: y[1] is None or len(y[1].leaves) == 1):
            if carrier is None:
                self._dense.append(self.ev.network(x, keep))
            else:
                self._add(x, carrier, keep)

    def _add(self, x: Network, carrier: Part, keep: frozenset[Index]) -> None:
        last = self.ev.until_last(carrier, keep)
        rest = [self.ev.part(y, keep) for y in x.parts if y is not carrier]
        rows = [y for y in rest if self.row in y.axes]
        columns = [y for y in rest if FEATURE in y.axes]
        scalars = [*self.ev.scalars(x), *[y for y in rest if not y.axes]]
        own = (self.row, FEATURE)
        if len(last) == 1:
            one = self.ev.scalar(1.0)
            self._rows.add(self._times(last[0], rows), own, [one, *columns, *scalars], own[1:])
            return
        made = self.ev.made(last[0], last[1], keep)
        if made is not None:
            self._dense.append(product([made, *rows, *columns, *scalars]))
            return
        first, second = last if self.row in last[0].axes else last[::-1]
        summed = [k for k in union(last) if k not in keep]
        if len(summed) != 1 or {len(first.axes), len(second.axes)} != {2}:
            whole = [self.ev.pair(first, second, keep), *rows, *columns, *scalars]
            self._dense.append(product(whole))
            return
        middle = (self.row, summed[0]), (summed[0], FEATURE)
        if isinstance(summed[0], FeatureIndex):
            shared = self._times(first, rows)
            self._features.add(shared, middle[0], [second, *columns, *scalars], middle[1])
        else:
            shared = self._times(second, columns)
            self._samples.add(shared, middle[1], [first, *rows, *scalars], middle[0])

    def _times(self, x: Labelled, factors: list[Labelled]) -> Labelled:
        return self.ev.pair(x, product(factors), frozenset(x.axes)) if factors else x

    def into(self, out: Tensor | None = None) -> Tensor:
        """The sum, (rows, D), added to `out` in place where that is given."""
        self._features.on_diagonal(self._rows)
        if out is None:
            out = self._first()
        for whole in self._dense:
            out += whole.over((self.row, FEATURE))
        for x, f in self._rows:
            out.addcmul_(x, f)
        for x, q in self._features:
            out.addmm_(x, q)
        for x, p in self._samples:
            out.addmm_(p, x)
        return out

    def _first(self) -> Tensor:
        """What the others are added to: a group, or zeros."""
        for groups in (self._rows, self._features, self._samples):
            for x, other in groups.taken():
                if groups is self._rows:
                    return x * other
                return x @ other if groups is self._features else other @ x
        h, _ = self.ev.embeddings(H, self.row)
        return torch.zeros_like(h)


def _carrier(x: Network, both: frozenset[Index]) -> Part | None:
    """The only part over both indices, if it is a product or a view of the batch."""
    found = [y for y in x.parts if both <= frozenset().union(*(z.axes for z in y.leaves))]
    if len(found) != 1:
        return None
    leaf, *more = found[0].leaves
    return found[0] if more or isinstance(leaf.factors[0], Component) else None
