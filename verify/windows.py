"""Which values of a hyper-parameter are drawn: a window about the default, and the extremes.

The window holds the default and follows from the domain: with one finite end, 2/5 to 40 times the
default's distance from an open one (τ = .05: .02 to 2), 1/5 to 5 times that from a closed one (1
where it is 0), and for an exponent twice it at most (2⁸⁰ is no scale); the inner nine tenths of a
bounded interval; for a margin, 1 (or the default's size) to either side.

The extremes: a closed end; near an open end, 1/50 of the way to the default and at most 10⁻³ from
it (τ = .001); a margin of 10 below and above. A scale has no far end.
"""

import math
from collections.abc import Sequence

from sympy import Pow, Rational, oo

from derive.hyper import Domain, Hyper
from verify.bounds import all_nodes
from verify.subject import Subject, default_value

LOW, HIGH = -1.0, 2.0  # shares that stand for the extremes
_NEAREST, _FARTHEST = 1e-3, 10.0


def drawn_value(hyper: Hyper, share: float, n: int, d: int, *, exponent: bool = False) -> float:
    """The value at a share (0 to 1) of the window; by the logarithm from a single finite end.
    Below and above: the lowest and the highest extreme, or the window's end if there is none."""
    domain, default = hyper.domain, default_value(hyper, n, d)
    if not 0 <= share <= 1:
        extreme = (low_extreme if share < 0 else high_extreme)(hyper, default)
        if extreme is not None:
            return extreme
        share = min(max(share, 0.0), 1.0)
    if domain.low == -oo and domain.high == oo:
        return default + max(1.0, abs(default)) * (2 * share - 1)
    if domain.low != -oo and domain.high != oo:
        low, width = float(domain.low), float(domain.high - domain.low)
        first, last = min(low + 0.05 * width, default), max(low + 0.95 * width, default)
        return inside(domain, first + (last - first) * share)
    end, is_open = (
        (domain.high, domain.high_open) if domain.low == -oo else (domain.low, domain.low_open)
    )
    distance = default - float(end)
    if distance == 0:
        return inside(domain, default + (share if domain.high == oo else -share))
    least, most = (0.4, 40.0) if is_open else (0.2, 5.0)
    most = 2.0 if exponent else most
    return inside(domain, float(end) + distance * least * (most / least) ** share)


def drawn_values(subject: Subject, shares: Sequence[float], n: int, d: int) -> dict[str, float]:
    """Every hyper-parameter, the free ones at these shares of their windows."""
    powers = [x.exp for x in all_nodes(subject.formula) if isinstance(x, Pow)]
    exponents = {symbol.name for e in powers for symbol in e.free_symbols}
    return subject.values(
        {
            x.name: drawn_value(x, share, n, d, exponent=x.name in exponents)
            for x, share in zip(subject.free, shares, strict=True)
        },
        n,
        d,
    )


def low_extreme(hyper: Hyper, default: float) -> float | None:
    """The lowest value worth a look; None for a scale that is unbounded below."""
    domain = hyper.domain
    if domain.low == -oo:
        return default - _FARTHEST if domain.high == oo else None
    if not domain.low_open:
        return inside(domain, float(domain.low))
    return inside(domain, _near(float(domain.low), default))


def high_extreme(hyper: Hyper, default: float) -> float | None:
    """The highest; None for a scale that is unbounded above."""
    domain = hyper.domain
    if domain.high == oo:
        return default + _FARTHEST if domain.low == -oo else None
    if not domain.high_open:
        return inside(domain, float(domain.high))
    return inside(domain, _near(float(domain.high), default))


def _near(end: float, default: float) -> float:
    """1/50 of the way from an open end to the default, and at most 10⁻³ from the end."""
    step = (default - end) / 50
    return end + math.copysign(min(abs(step), _NEAREST), step)


def extreme_values(hyper: Hyper, default: float) -> list[float]:
    """The extremes that there are, the lowest first."""
    found = (low_extreme(hyper, default), high_extreme(hyper, default))
    return [x for x in found if x is not None]


def inside(domain: Domain, value: float) -> float:
    """The value, or its neighbour where rounding put it just outside (1/3 as a float)."""
    near = (value, math.nextafter(value, math.inf), math.nextafter(value, -math.inf))
    found = [x for x in near if domain.contains(Rational(x))]
    assert found, f"{value} is drawn outside of {domain}"
    return found[0]
