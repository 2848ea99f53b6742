"""Maxima over samples, and sums over samples of what grows like an exponential."""

from collections.abc import Callable
from functools import cached_property

from sympy import Expr, Mul, S

from derive.asymptotics.batches import counted
from derive.asymptotics.generic import ties_openly
from derive.asymptotics.growth import Growth, Rate, bent, common_power, direction, settled
from derive.asymptotics.maxima import over_samples
from derive.asymptotics.series import (
    Series,
    UndecidedLimitError,
    constant,
    product,
    total,
)
from derive.asymptotics.signs import sign
from derive.canonical import for_print
from derive.indices import fresh
from derive.nodes import (
    ANCHOR,
    Delta,
    Distinct,
    Hardest,
    HardestIndex,
    Hinge,
    Index,
    IndexSum,
    Match,
    Mismatch,
    SampleIndex,
    Step,
    Top,
    free_indices,
)
from derive.ranking import ranking

_GUARDS = (Delta, Distinct, Match, Mismatch, Top)
Tell = Callable[[str, Expr], None]


def split_guards(body: Expr, k: Index) -> tuple[list[Expr], Expr]:
    """The indicators of k among the factors, and the rest."""
    factors = Mul.make_args(body)
    guards = [x for x in factors if isinstance(x, _GUARDS) and k in free_indices(x)]
    return guards, Mul(*[x for x in factors if x not in guards])


def sum_of_series(x: Series, k: Index, guards: list[Expr]) -> Series:
    """Σ_k term by term; the bounds of the rest as often as there are terms."""
    summed = x.map(lambda c: counted(IndexSum(Mul(c, *guards), k)))
    bounds = [b for b in (x.low, x.high) if b is not None and k not in free_indices(b)]
    if len(bounds) < 2:
        return summed
    count = for_print(IndexSum(Mul(*guards), k))
    return Series(summed.terms, x.order, x.exact, count * bounds[0], count * bounds[1])


def sum_of_growth(
    x: Growth, k: Index, guards: list[Expr], generic: bool, tell: Tell
) -> Series | Growth:
    """Σ_k e^{x_k/ε} size_k, by the largest x_k."""
    count = for_print(IndexSum(Mul(*guards), k))
    fixed = {n: c for n, c in x.rate.items() if k not in free_indices(c)}
    moving = {n: c for n, c in x.rate.items() if k in free_indices(c)}
    if not moving:
        size = None if x.size is None else sum_of_series(x.size, k, guards)
        return Growth(x.rate, size, _times(count, x.low, k), _times(count, x.high, k))
    n = common_power([moving])
    if fixed and min(fixed) > n:
        raise UndecidedLimitError("exponentials of several powers of the parameter are compared")
    opened = _gated(x, n, generic, tell)
    if opened is not None:
        return sum_of_series(opened, k, guards)
    if moving[n].has(Hinge, Step):
        raise UndecidedLimitError("several terms of a sum may tie for the largest")
    best = _Best(moving[n], k, guards)
    rate = {m: c for m, c in {**fixed, n: best.value}.items() if for_print(c) != 0}
    low, high = _times(S.One, x.low, k), _times(count, x.high, k)
    if generic:
        tell("unique" if best.multiplicity == 1 else "pair", best.value)
        size = None if x.size is None else best.times(x.size)
        return settled(Growth(rate, size, low, high))
    return _bounded(x, rate, low, high)


def _bounded(x: Growth, rate: Rate, low: Expr | None, high: Expr | None) -> Series | Growth:
    """What holds for every batch: bounds of a sum of positive terms."""
    if direction(x.rate) == -1:
        return Series({}, exact=False)
    if low is None or high is None:
        raise UndecidedLimitError(
            "the terms of a sum grow like exponentials, the largest depends on the batch, and they "
            "are not all positive"
        )
    return settled(Growth(rate, None, low, high))


def _gated(x: Growth, n: Expr, generic: bool, tell: Tell) -> Series | None:
    """e^{−max(0, y)/ε} as the gate 1[y < 0] and an exponentially small rest, y ≠ 0."""
    scale, hinge = x.rate[n].as_independent(Hinge, as_Add=False)
    if not generic or set(x.rate) != {n} or not isinstance(hinge, Hinge) or sign(scale) != -1:
        return None
    if x.size is None:
        return None
    tell("nonzero", hinge.args[0])
    gate = constant(Step(for_print(-hinge.args[0])))
    return total([product(gate, x.size), Series({}, exact=False)])


def _times(count: Expr, bound: Expr | None, k: Index) -> Expr | None:
    return None if bound is None or k in free_indices(bound) else count * bound


class _Best:
    """The largest x_k over the samples that a sum runs over, and series at that k."""

    def __init__(self, x: Expr, k: Index, guards: list[Expr]):
        if not isinstance(k, SampleIndex):
            raise UndecidedLimitError(
                "the largest term is sought among features or extra negatives"
            )
        self.x, self.k = for_print(x), k
        self.base = self._base(guards)
        self.others = over_samples(x, k, self.base)
        self.whole = not guards
        self.value = self.others
        if self.whole:
            own = for_print(self.x.xreplace({k: self.base}))
            self.value = own + bent(self.others - own)

    def _base(self, guards: list[Expr]) -> Expr:
        """The sample that is left out; of a full sum any one that is free."""
        free = sorted((y for y in free_indices(self.x) - {self.k}), key=str)
        if not guards:
            samples = [y for y in free if isinstance(y, SampleIndex)]
            return samples[0] if samples else ANCHOR
        others = [y for x in guards if isinstance(x, Distinct) for y in x.args if y != self.k]
        rest = [x for x in guards if not isinstance(x, Distinct)]
        if len(others) != 1 or any(not self._keeps_the_largest(x) for x in rest):
            raise UndecidedLimitError(
                "the largest term is sought among samples that labels or a share pick out"
            )
        return others[0]

    def _keeps_the_largest(self, guard: Expr) -> bool:
        """A share of the samples holds the largest of what it is picked by."""
        if not isinstance(guard, Top) or guard.args[0] != self.k:
            return False
        _, body, m, *_ = guard.args
        ours = ranking(self.x, self.k).xreplace({self.k: (new := fresh(SampleIndex))})
        return bool(for_print(ours - ranking(for_print(body), m).xreplace({m: new})) == 0)

    @cached_property
    def multiplicity(self) -> Expr:
        """How often the maximum is attained: by k and l alike where x_k is the maximum over
        l ≠ k of what is symmetric in k and l."""
        if not ties_openly(self.x, self.k, None if self.whole else self.base):
            return S.One
        pairs = [x for x in self.x.atoms(Hardest) if x.args[2] == self.k]
        if len(pairs) == 1 and self.k not in free_indices(self.x.xreplace({pairs[0]: S.Zero})):
            body, m, _ = pairs[0].args
            if for_print(body - body.xreplace({m: self.k, self.k: m})) == 0:
                return S(2)
        raise UndecidedLimitError("several terms of a sum may tie for the largest")

    def times(self, size: Series) -> Series:
        """The size of the sum: that of its largest terms, and an exponentially small rest."""
        whole = product(constant(self.multiplicity), self.at(size))
        return total([whole, Series({}, exact=False)])

    def at(self, size: Series) -> Series:
        """The size at the sample that attains the maximum."""
        if not any(self.k in free_indices(c) for c in size.terms.values()):
            return size
        if self.multiplicity != 1:
            raise UndecidedLimitError("two terms of a sum tie for the largest")
        picked = HardestIndex(ranking(self.x, self.k), self.k, self.base)
        hardest = size.map(lambda c: c.xreplace({self.k: picked}))
        if not self.whole:
            return hardest
        gap = for_print(self.others - self.x.xreplace({self.k: self.base}))
        own = size.map(lambda c: c.xreplace({self.k: self.base}))
        return total([product(constant(Step(gap)), hardest), product(constant(1 - Step(gap)), own)])
