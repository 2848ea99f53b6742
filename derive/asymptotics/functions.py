"""Exponentials, logarithms and the trigonometric functions."""

from collections.abc import Callable

from sympy import Expr, S, factorial

from derive.asymptotics.expander import Expander, Expansion, Rule
from derive.asymptotics.growth import Growth, settled
from derive.asymptotics.series import (
    Series,
    UndecidedLimitError,
    composed,
    exponential,
    logarithm,
    total,
)
from derive.nodes import Angle, Cos, Exp, Log, Sin


def expand_exp(x: Expander, e: Expr) -> Expansion:
    a = x.series(e.args[0], "an exponential")
    if a.order < 0:
        raise UndecidedLimitError("an exponent is known only up to terms that diverge")
    e0 = _exp_of_constant(x, a.terms.get(S.Zero, S.Zero))
    rate = {n: c for n, c in a.terms.items() if n < 0}
    size = None if a.order == 0 else exponential(a, e0, x.keep)
    if not rate:
        if size is None:
            raise UndecidedLimitError("an exponent is known only up to a bounded term")
        return size
    low = high = None
    if a.order == 0 and a.low is not None and a.high is not None:
        low, high = e0 * Exp(a.low), e0 * Exp(a.high)
    elif a.exact and not any(n > 0 for n in a.terms):
        low = high = e0
    return settled(Growth(rate, size, low, high))


def _exp_of_constant(x: Expander, c: Expr) -> Expr:
    """e^c; a logarithm of the parameter in c would be a power of ε of its own."""
    if c.has(x.parameter):
        raise UndecidedLimitError(f"a power of {x.parameter.name} stands in an exponent")
    return Exp(c)


def expand_log(x: Expander, e: Expr) -> Expansion:
    a = x(e.args[0])
    if isinstance(a, Growth):
        return _log_of_growth(x, a)
    if not a.terms and a.order == 0 and a.low is not None and a.high is not None:
        return Series({}, S.Zero, exact=False, low=_plain(a.low), high=_plain(a.high))
    x.nonzero(a, "a logarithm")
    return logarithm(a, _plain, x.log_epsilon, x.keep)


def _log_of_growth(x: Expander, a: Growth) -> Series:
    if a.size is not None:
        x.nonzero(a.size, "a logarithm")
        inner = logarithm(a.size, _plain, x.log_epsilon, x.keep)
        return total([Series(a.rate), inner])
    if a.low is None or a.high is None:
        return Series(a.rate, S.Zero, exact=False)
    return Series(a.rate, S.Zero, exact=False, low=_plain(a.low), high=_plain(a.high))


def _plain(c: Expr) -> Expr:
    """log c, of an exponential its exponent."""
    return c.args[0] if isinstance(c, Exp) else Log(c)


def _taylor(name: str, derivatives: Callable[[Expr, int], list[Expr]]) -> Rule:
    """A function of a series that approaches a finite value."""

    def rule(x: Expander, e: Expr) -> Expansion:
        a = x.series(e.args[0], name)
        if a.order <= 0 or any(n < 0 for n in a.terms):
            raise UndecidedLimitError(f"the argument of {name} diverges")
        at = a.terms.get(S.Zero, S.Zero)
        rest = Series({n: c for n, c in a.terms.items() if n > 0}, a.order, a.exact)
        slopes = derivatives(at, x.keep)
        coefficients = [c / factorial(n) for n, c in enumerate(slopes)]
        return composed(coefficients, rest, len(coefficients) - 1)

    return rule


def _cosine(at: Expr, keep: int) -> list[Expr]:
    return [(Cos(at), -Sin(at), -Cos(at), Sin(at))[n % 4] for n in range(keep + 1)]


def _sine(at: Expr, keep: int) -> list[Expr]:
    return [(Sin(at), Cos(at), -Sin(at), -Cos(at))[n % 4] for n in range(keep + 1)]


def _angle(at: Expr, keep: int) -> list[Expr]:
    """arccos and its first derivative."""
    return [Angle(at), -1 / Sin(Angle(at))]


expand_cos = _taylor("a cosine", _cosine)
expand_sin = _taylor("a sine", _sine)
expand_angle = _taylor("an angle", _angle)
