"""Indicators: 1 where a condition holds, else 0; piecewise constant, so their derivative is 0."""

from typing import Any

from sympy import Expr, S, sympify

from derive.nodes.base import Node
from derive.nodes.selection import excludes
from derive.nodes.views import label


class Delta(Node):
    """Kronecker's δ of two indices. A picked index never equals its own anchor."""

    __slots__ = ()

    def __new__(cls, a: Expr, b: Expr) -> Any:
        if a == b:
            return S.One
        if excludes(a, b) or excludes(b, a):
            return S.Zero
        return Expr.__new__(cls, *sorted((a, b), key=label))


class Distinct(Node):
    """1 where the two indices differ, else 0: the condition of Σ_{k≠i}."""

    __slots__ = ()

    def __new__(cls, a: Expr, b: Expr) -> Any:
        if a == b:
            return S.Zero
        if excludes(a, b) or excludes(b, a):
            return S.One
        return Expr.__new__(cls, *sorted((a, b), key=label))


class Step(Node):
    """1 where the argument is > 0, else 0 (strict); its derivative is taken as 0."""

    __slots__ = ()
    is_nonnegative = True

    def __new__(cls, x: Any) -> Any:
        x = sympify(x)
        return (S.One if x > 0 else S.Zero) if x.is_Rational else Expr.__new__(cls, x)


class Match(Node):
    """1 where the labels of two samples agree, else 0; both views of a sample have its label."""

    __slots__ = ()
    is_nonnegative = True

    def __new__(cls, a: Expr, b: Expr) -> Any:
        return S.One if a == b else Expr.__new__(cls, *sorted((a, b), key=label))


class Mismatch(Node):
    """1 where the labels of two samples differ, else 0."""

    __slots__ = ()
    is_nonnegative = True

    def __new__(cls, a: Expr, b: Expr) -> Any:
        return S.Zero if a == b else Expr.__new__(cls, *sorted((a, b), key=label))


class Kept(Node):
    """1 where a pair of samples takes part, 0 where the user's mask leaves it out; 1 for a sample
    and itself. Not written by any loss: the fast objective puts it into the sums of one."""

    __slots__ = ()
    is_nonnegative = True

    def __new__(cls, a: Expr, b: Expr) -> Any:
        return S.One if a == b else Expr.__new__(cls, *sorted((a, b), key=label))
