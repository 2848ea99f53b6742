"""Forms of single nodes: exponentials split, common factors, what a hardest negative is ranked
by."""

from collections.abc import Sequence

from sympy import Add, Expr, Mul, Pow, Rational, S

from derive.nodes import (
    Angle,
    Exp,
    Index,
    Log,
    free_indices,
)


def split_exp(x: Expr) -> Expr:
    """e^(x+y) = e^x·e^y, whole multiples as powers: e^(2c) = (e^c)²."""
    factors = []
    for part in Add.make_args(x):
        number, rest = part.as_coeff_Mul()
        if rest == 1 or not number.is_Rational:
            factors.append(Exp(part))
        else:
            factors.append(Pow(Exp(rest / number.q), number.p))
    return Mul(*factors)


def ranking(body: Expr, k: Index) -> Expr:
    """The simplest expression that orders the k as the body does: strictly increasing wrappers
    are taken off, so that argmax of −√(2 − 2c) and of c are one index."""
    sign = S.One
    while True:
        if isinstance(body, Add):
            rest = [x for x in body.args if k in free_indices(x)]
            if len(rest) != 1:
                return sign * body
            body = rest[0]
        if isinstance(body, Mul):
            number, rest_of_body = body.as_independent(k)
            if number != 1 and (number.is_positive or number.is_negative):
                sign = sign if number.is_positive else -sign
                body = rest_of_body
                continue
        inner, turn = _increasing(body)
        if inner is None:
            return sign * body
        body, sign = inner, sign * turn


def _increasing(body: Expr) -> tuple[Expr | None, Expr]:
    """The argument of a strictly monotone node, and +1 or −1 as it increases or decreases."""
    if isinstance(body, Exp | Log):
        return body.args[0], S.One
    if isinstance(body, Angle):
        return body.args[0], S.NegativeOne
    if isinstance(body, Pow) and isinstance(body.exp, Rational) and not body.exp.is_Integer:
        return body.base, S.One if body.exp > 0 else S.NegativeOne
    return None, S.One


def symbolic_content(e: Add) -> tuple[Expr, Expr]:
    """A sum as its common factor (a number and symbols such as N) and the rest."""
    number, rest = e.primitive()
    powers = [x.as_powers_dict() for x in Add.make_args(rest)]
    shared = [x for x in powers[0] if x.is_Symbol and all(x in y for y in powers)]
    common = Mul(
        *[
            x ** min(y[x] for y in powers if y[x].is_Number)
            for x in shared
            if all(y[x].is_Number for y in powers)
        ]
    )
    return number * common, Add(*[x / common for x in Add.make_args(rest)])


def divisible(factors: Sequence[Expr]) -> int | None:
    """The place of a sum with a term that another factor divides."""
    below = {x.base for x in factors if isinstance(x, Pow) and x.exp.is_negative}
    for at, x in enumerate(factors):
        if below and isinstance(x, Add):
            above = {y for term in x.args for y in Mul.make_args(term)}
            if not below.isdisjoint(above):
                return at
    return None
