"""What grows or decays like an exponential: e^{Σ x_n ε^n} · size, n < 0, as ε → 0+.

Sums of such terms go by the largest rate: max_k x_k. Which one that is depends on the batch, so
there are two readings. `generic`: no two of the compared rates tie, and the largest alone
remains. Otherwise only bounds are kept: Σ_k e^{x_k/ε} lies between e^{max/ε} and N e^{max/ε}.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Add, Expr, Mul, S

from derive.asymptotics.series import Series, UndecidedLimitError, constant, is_zero, product, total
from derive.asymptotics.signs import sign, signs
from derive.canonical import for_print
from derive.nodes import Hardest, Hinge, Step
from derive.simplify import size

Rate = Mapping[Expr, Expr]


@dataclass(frozen=True)
class Growth:
    """e^rate · size. rate: negative power of ε → coefficient. size: None where it depends on
    which of several rates is the largest; low, high: positive bounds of it, where known."""

    rate: Rate
    size: Series | None
    low: Expr | None = None
    high: Expr | None = None


def as_growth(x: Series | Growth) -> Growth:
    """A series as a growth of rate 0, with its bounds where it is one positive constant."""
    if isinstance(x, Growth):
        return x
    if x.exact and set(x.terms) <= {S.Zero} and x.terms and sign(x.terms[S.Zero]) == 1:
        return Growth({}, x, x.terms[S.Zero], x.terms[S.Zero])
    return Growth({}, x)


def difference(a: Rate, b: Rate) -> Rate:
    rates = {n: for_print(a.get(n, S.Zero) - b.get(n, S.Zero)) for n in {*a, *b}}
    return {n: x for n, x in rates.items() if not is_zero(x)}


def direction(rate: Rate) -> int | None:
    """1 where e^rate grows, −1 where it decays, 0 for rate 0, None where the batch decides."""
    return sign(rate[min(rate)]) if rate else 0


def times(a: Growth, b: Growth) -> Series | Growth:
    rate = difference(a.rate, {n: -x for n, x in b.rate.items()})
    size = None if a.size is None or b.size is None else product(a.size, b.size)
    growth = Growth(rate, size, *_both(a, b))
    return settled(growth)


def _both(a: Growth, b: Growth) -> tuple[Expr | None, Expr | None]:
    low = None if a.low is None or b.low is None else a.low * b.low
    high = None if a.high is None or b.high is None else a.high * b.high
    return low, high


def small(x: Series | Growth) -> Series | Growth:
    """What decays for every batch as a series: nothing but an exponentially small rest."""
    if isinstance(x, Growth) and direction(x.rate) == -1:
        return Series({}, exact=False)
    return x


def settled(x: Growth) -> Series | Growth:
    """A growth of rate 0 is a series."""
    if not x.rate:
        if x.size is not None:
            return x.size
        if x.low is not None and x.high is not None:
            return Series({}, S.Zero, exact=False, low=x.low, high=x.high)
    return x


def added(parts: list[Series | Growth], generic: bool) -> Series | Growth:
    """The sum: equal rates together, then the largest of those that are left."""
    groups = _by_rate([as_growth(x) for x in parts])
    left = [x for x in groups if not any(_dominates(y, x) for y in groups)]
    dropped = len(left) < len(groups)
    result = left[0] if len(left) == 1 else _largest(left, generic)
    if dropped and result.size is not None:
        rest = Series({}, exact=False)
        result = Growth(result.rate, total([result.size, rest]), result.low, result.high)
    return settled(result)


def _by_rate(parts: list[Growth]) -> list[Growth]:
    groups: list[Growth] = []
    for x in parts:
        for n, y in enumerate(groups):
            if not difference(x.rate, y.rate):
                groups[n] = _united(x, y)
                break
        else:
            groups.append(x)
    return groups


def _united(a: Growth, b: Growth) -> Growth:
    size = None if a.size is None or b.size is None else total([a.size, b.size])
    low = None if a.low is None or b.low is None else a.low + b.low
    high = None if a.high is None or b.high is None else a.high + b.high
    return Growth(a.rate, size, low, high)


def _dominates(a: Growth, b: Growth) -> bool:
    return direction(difference(a.rate, b.rate)) == 1


def _largest(parts: list[Growth], generic: bool) -> Growth:
    if not generic and any(x.low is None or x.high is None for x in parts):
        raise UndecidedLimitError(
            "which of several exponentials is the largest depends on the batch, and they are not "
            "all positive"
        )
    n = common_power([x.rate for x in parts])
    parts = sorted(parts, key=lambda x: _reading(x.rate.get(n, S.Zero)))
    rate = {n: maximum([x.rate.get(n, S.Zero) for x in parts])}
    if generic:
        size = _size_of_largest(parts, n)
        rest = Series({}, exact=False)  # the others, smaller than every power of ε
        return Growth(rate, None if size is None else total([size, rest]))
    low = _least([x.low for x in parts if x.low is not None])
    return Growth(rate, None, low, Add(*[x.high for x in parts if x.high is not None]))


def common_power(rates: list[Rate]) -> Expr:
    """The one power that all rates consist of."""
    powers = {n for rate in rates for n in rate}
    if len(powers) != 1:
        raise UndecidedLimitError("exponentials of several powers of the parameter are compared")
    return powers.pop()


def _reading(e: Expr) -> tuple[bool, int, str]:
    """A maximum of a cosine and a maximum over others starts with the cosine."""
    return bool(e.has(Hardest)), size(e), str(e)


def maximum(x: list[Expr]) -> Expr:
    """max of several, as a hinge on the first: a + max(0, b − a)."""
    if len(x) == 1:
        return x[0]
    return x[0] + bent(maximum(x[1:]) - x[0])


def bent(e: Expr) -> Expr:
    """max(0, e), with a positive number taken out."""
    content, rest = for_print(e).primitive()
    return content * Hinge(rest)


def _size_of_largest(parts: list[Growth], n: Expr) -> Series | None:
    sizes = [x.size for x in parts]
    if any(x is None for x in sizes):
        return None
    known = [x for x in sizes if x is not None]
    if all(x.terms == known[0].terms for x in known):
        order = min(x.order for x in known)
        return Series(known[0].terms, order, all(x.exact for x in known))
    gated = []
    for x in parts:
        others = [y for y in parts if y is not x]
        wins = [Step(for_print(x.rate.get(n, S.Zero) - y.rate.get(n, S.Zero))) for y in others]
        gated.append(product(constant(Mul(*wins)), x.size or constant(S.Zero)))
    return total(gated)


def _least(x: list[Expr]) -> Expr | None:
    """The smallest of positive bounds, if their order is known."""
    for a in x:
        if all(signs(a - b)[1] <= 0 for b in x):
            return a
    return None
