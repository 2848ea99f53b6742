"""The sign of an expression, where its form tells it."""

from math import prod

from sympy import Add, Expr, Mul, Pow

from derive.nodes import (
    Angle,
    Cos,
    Delta,
    Distinct,
    Exp,
    Hinge,
    IndexSum,
    Match,
    Mismatch,
    N,
    Named,
    Sin,
    Step,
    Top,
)

_NEVER_NEGATIVE = (Angle, Delta, Distinct, Exp, Hinge, Match, Mismatch, Step, Top)


def sign_of(e: Expr) -> int:
    """1: never negative; −1: never positive; 0: not known.

    Whatever the embeddings are, for N ≥ 1 and hyper-parameters in their domains, where the
    expression is real: a root is of what is not negative.
    """
    if isinstance(e, _NEVER_NEGATIVE) or e.is_nonnegative or e == N - 1:
        return 1
    if e.is_nonpositive or e == 1 - N:
        return -1
    if isinstance(e, Pow):
        even = e.exp.is_even or (e.exp.is_Rational and not e.exp.is_Integer)
        return 1 if even else sign_of(e.base) if e.exp.is_Integer else max(sign_of(e.base), 0)
    if isinstance(e, Mul):
        return prod(map(sign_of, e.args))
    if isinstance(e, Add):
        signs = set(map(sign_of, e.args))
        return signs.pop() if len(signs) == 1 else 0
    if isinstance(e, Named):
        return sign_of(e.value)
    if isinstance(e, IndexSum):
        return sign_of(e.args[0])
    if isinstance(e, Sin | Cos):  # θ in [0, π]
        whole = isinstance(e, Sin) and isinstance(e.args[0], Angle)
        return int(whole or isinstance(2 * e.args[0], Angle))
    return 0
