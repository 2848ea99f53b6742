"""Functions of an expression, and the stop-gradient."""

from collections.abc import Callable
from typing import Any, ClassVar

from sympy import Expr, S, cos, exp, log, sin, sympify

from derive.nodes.base import Node


class Hinge(Node):
    """max(0, x), with derivative 1[x > 0]: zero at the kink."""

    __slots__ = ()
    is_nonnegative = True

    def __new__(cls, x: Any) -> Any:
        x = sympify(x)
        return max(x, S.Zero) if x.is_Rational else Expr.__new__(cls, x)


class Stop(Node):
    """Stop-gradient: the value of its argument, with derivative 0."""

    __slots__ = ()


class Elementary(Node):
    """A function that SymPy has as well. Of a number it is one, and SymPy finds its sign."""

    __slots__ = ()
    twin: ClassVar[Callable[[Expr], Expr]]

    def _eval_evalf(self, prec: int) -> Expr | None:
        return type(self).twin(self.args[0])._eval_evalf(prec) if self.is_number else None


class Exp(Elementary):
    """e^x."""

    __slots__ = ()
    twin = exp
    is_positive = True

    def __new__(cls, x: Any) -> Any:
        return S.One if x == 0 else Expr.__new__(cls, sympify(x))


class Log(Elementary):
    """log x, x > 0."""

    __slots__ = ()
    twin = log

    def __new__(cls, x: Any) -> Any:
        return S.Zero if x == 1 else Expr.__new__(cls, sympify(x))


class Angle(Node):
    """θ = arccos(c) in [0, π], the angle of two unit vectors whose cosine is the argument."""

    __slots__ = ()


class Cos(Elementary):
    """cos x."""

    __slots__ = ()
    twin = cos


class Sin(Elementary):
    """sin x."""

    __slots__ = ()
    twin = sin
