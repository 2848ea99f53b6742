"""One spelling of what the normal form leaves apart: max(0, 2x) = 2 max(0, x), log(e^x y) = x +
log y, the maximum of x_k + c is that of x_k plus c."""

from collections.abc import Callable

from sympy import Add, Expr, Mul, Pow, S, cos, factor_terms

from derive.asymptotics.maxima import over_samples
from derive.asymptotics.signs import sign
from derive.canonical import for_print
from derive.expressions.logarithms import split_logs
from derive.nodes import (
    Angle,
    Cos,
    Distinct,
    Exp,
    Hardest,
    Hinge,
    Log,
    Node,
    Step,
    Top,
)


def spelt(e: Expr) -> Expr:
    """The print form with the rewritings applied, inner nodes first; stop-gradients left out."""
    return for_print(split_logs(_rewritten(for_print(e))))


def _rewritten(e: Expr) -> Expr:
    if not e.has(*_RULES):
        return e
    args = [_rewritten(x) if isinstance(x, Expr) else x for x in e.args]
    e = e.func(*args) if args else e
    rule = _RULES.get(type(e))
    return rule(e) if rule else e


def _positive_part(e: Expr) -> tuple[Expr, Expr]:
    """A positive factor that all terms share, and the rest."""
    scale, rest = S.One, S.One
    for x in Mul.make_args(factor_terms(for_print(e))):
        way = sign(x) if not x.has(Node) or isinstance(x, Exp) else None
        scale *= x if way == 1 else -x if way == -1 else S.One
        rest *= S.NegativeOne if way == -1 else S.One if way == 1 else x
    return scale, for_print(rest)


def _hinge(e: Expr) -> Expr:
    scale, rest = _positive_part(e.args[0])
    return scale * Hinge(rest)


def _step(e: Expr) -> Expr:
    return Step(_positive_part(e.args[0])[1])


def _exp(e: Expr) -> Expr:
    """e^(n log x + y) = x^n e^y."""
    power, rest = S.One, S.Zero
    for term in Add.make_args(for_print(e.args[0])):
        number, log = term.as_independent(Log, as_Add=False)
        if isinstance(log, Log) and not number.has(Node):
            power *= Pow(log.args[0], number)
        else:
            rest += term
    return power * Exp(rest)


def _cos(e: Expr) -> Expr:
    """cos(arccos c) = c, and the cosines that are numbers."""
    x = e.args[0]
    if isinstance(x, Angle):
        return x.args[0]
    exact = cos(x) if not x.has(Node) else e
    return exact if exact.is_Number else e


def _top(e: Expr) -> Expr:
    """A share of 1 holds all j ≠ i."""
    j, _, _, i, share = e.args
    return Distinct(j, i) if share == 1 else e


_RULES: dict[type, Callable[[Expr], Expr]] = {
    Top: _top,
    Cos: _cos,
    Hinge: _hinge,
    Step: _step,
    Exp: _exp,
    Hardest: lambda e: over_samples(*e.args),
}
