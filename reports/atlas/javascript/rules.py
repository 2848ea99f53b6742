"""One rule a node: how it is written in JavaScript. Nothing here knows a loss.

The helpers that are called (S, E, lse …) are those of static/atlas.js. Edges as in `derive.torch`:
the reciprocal of a length at 0 is 0, gates are strict, a tie at the maximum goes to one index.
"""

from math import pi

from sympy import Add, Expr, Pow, S, Symbol
from sympy import Mul as Product
from sympy.core.numbers import Pi, Rational

from derive.nodes import (
    Angle,
    Component,
    Cos,
    Exp,
    Hardest,
    HardestIndex,
    Hinge,
    IndexSum,
    Inner,
    Log,
    Named,
    Sin,
    Stop,
    free_indices,
)
from reports.atlas.javascript.arithmetic import (
    number_of,
    of_rows,
    power,
    product,
    rational,
    symbol,
    total,
)
from reports.atlas.javascript.code import Code, call, number, quotient
from reports.atlas.javascript.conditions import INDICATORS, indicator
from reports.atlas.javascript.logarithms import exponential_of, is_exponential, logarithm
from reports.atlas.javascript.writer import Rule, Writer, size_of

LONG_NODES = (Add, Product, Pow)


def _component(w: Writer, e: Component) -> Code:
    view, i, a = e.args
    return call("x", number_of(view), w.place(i), w.place(a))


def _index_sum(w: Writer, e: IndexSum) -> Code:
    if is_exponential(e):
        return exponential_of(w, [e])
    body, k = e.args
    if k not in free_indices(body):
        return quotient([Code(size_of(k)), w(body)], [])

    def write() -> Code:
        return call("S", size_of(k), w.over(k, lambda: w(body)))

    return w.function("value", e, write)


def _picked(function: str) -> Rule:
    def rule(w: Writer, e: Expr) -> Code:
        body, k, i = e.args

        def write() -> Code:
            return call(function, w.place(i), w.over(k, lambda: w(body)))

        return w.function("value", e, write)

    return rule


def _named(w: Writer, e: Named) -> Code:
    return w.function("value", e, lambda: w(e.value)) if _is_worth_a_name(e.value) else w(e.value)


def _is_worth_a_name(e: Expr) -> bool:
    return not isinstance(e, Inner | Symbol | Rational | IndexSum)


def _log(w: Writer, e: Log) -> Code:
    (x,) = e.args
    if is_exponential(x):
        return logarithm(w, x)
    if isinstance(x, Add) and S.One in x.args:
        return call("P", w(x - 1).text)
    return call("L", w(x).text)


def _angle(w: Writer, e: Angle) -> Code:
    return of_rows(w, "t", e.args[0])


def _sine(w: Writer, e: Sin) -> Code:
    (x,) = e.args
    if isinstance(x, Angle):
        return of_rows(w, "sn", x.args[0])
    return call("Math.sin", w(x).text)


def _unary(function: str) -> Rule:
    return lambda w, e: call(function, w(e.args[0]).text)


RULES: dict[type, Rule] = {
    Rational: rational,
    Pi: lambda w, e: number(pi),
    Symbol: symbol,
    Add: total,
    Product: product,
    Pow: power,
    Component: _component,
    Inner: lambda w, e: of_rows(w, "c", e),
    IndexSum: _index_sum,
    **dict.fromkeys(INDICATORS.__args__, indicator),
    Hardest: _picked("mx"),
    HardestIndex: _picked("am"),
    Exp: _unary("E"),
    Log: _log,
    Angle: _angle,
    Cos: _unary("Math.cos"),
    Sin: _sine,
    Hinge: lambda w, e: call("Math.max", "0", w(e.args[0]).text),
    Stop: lambda w, e: w(e.args[0]),
    Named: _named,
}
