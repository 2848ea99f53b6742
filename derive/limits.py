"""The limit of an expression as the positive's score goes to −∞.

Every expression of the paradigm is, in that limit, c·e^{κ s} times 1 + o(1): exponentials of
multiples of s are ordered by their rate κ, and indicators go by the sign of theirs. Where s is
left in any other node the limit is not taken: there is no dissipation in this sense.
"""

from dataclasses import dataclass

from sympy import Add, Expr, Mul, Pow, S

from derive.identity import plainly_zero
from derive.nodes import Exp, IndexSum, Named, Step


@dataclass(frozen=True)
class NoLimitError(Exception):
    """Why a limit was not taken; one clause, for the output."""

    reason: str


@dataclass(frozen=True)
class _Leading:
    """coefficient·e^{rate·s}, the leading term as s → −∞ (the smallest rate wins)."""

    rate: Expr
    coefficient: Expr


def limit_of_score(e: Expr, score: Named) -> Expr:
    """lim e as score → −∞: finite and not zero.

    Raises `NoLimitError` if it is zero or infinite, or cannot be taken.
    """
    leading = _leading(e, score)
    if leading.coefficient == 0 or leading.rate.is_positive:
        raise NoLimitError("the push vanishes as the positive's score goes to −∞")
    if leading.rate != 0:
        raise NoLimitError("the push is unbounded as the positive's score goes to −∞")
    return leading.coefficient


def _leading(e: Expr, score: Named) -> _Leading:
    if not e.has(score):
        return _Leading(S.Zero, e)
    if isinstance(e, Exp):
        rate, rest = _linear(e.args[0], score)
        return _Leading(rate, Exp(rest))
    if isinstance(e, Step):
        rate, _ = _linear(e.args[0], score)
        if rate.is_negative or rate.is_positive:
            return _Leading(S.Zero, S.One if rate.is_negative else S.Zero)
    if isinstance(e, Add):
        return _sum([_leading(x, score) for x in e.args])
    if isinstance(e, Mul):
        parts = [_leading(x, score) for x in e.args]
        return _Leading(Add(*[x.rate for x in parts]), Mul(*[x.coefficient for x in parts]))
    if isinstance(e, Pow) and e.exp.is_number:
        base = _leading(e.base, score)
        return _Leading(base.rate * e.exp, base.coefficient**e.exp)
    if isinstance(e, IndexSum):
        body = _leading(e.args[0], score)
        return _Leading(body.rate, IndexSum(body.coefficient, e.args[1]))
    raise NoLimitError("the positive's score stands outside exponentials and gates")


def _linear(e: Expr, score: Named) -> tuple[Expr, Expr]:
    """e = rate·score + rest, neither of which holds the score."""
    rest = e.xreplace({score: S.Zero})
    rate = (e - rest).expand().xreplace({score: S.One})
    if (e - rest - rate * score).expand() != 0:
        raise NoLimitError("the positive's score is not linear inside an exponential or a gate")
    return rate, rest


def _sum(parts: list[_Leading]) -> _Leading:
    lowest = parts[0]
    for part in parts[1:]:
        difference = part.rate - lowest.rate
        if difference == 0:
            lowest = _Leading(lowest.rate, lowest.coefficient + part.coefficient)
        elif difference.is_negative:
            lowest = part
        elif not difference.is_positive:
            raise NoLimitError("two exponentials of the positive's score cannot be ordered")
    if plainly_zero(lowest.coefficient):
        raise NoLimitError("the leading terms cancel as the positive's score goes to −∞")
    return lowest
