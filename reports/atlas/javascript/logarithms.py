"""Positive quantities made of exponentials, written by their logarithms: nothing overflows.

A softmax is e^(x − lse), the dissipation of one e^(lse(negatives) − lse(all)): written as a
quotient of sums it would be ∞/∞ at a small temperature.
"""

from collections.abc import Sequence
from math import log

from sympy import Add, Expr, Mul, Pow, Symbol
from sympy.core.numbers import Number, NumberSymbol

from derive.nodes import Exp, IndexSum, Named, Stop, free_indices
from reports.atlas.javascript.code import ATOM, PRODUCT, SUM, Code, added, call, chosen, number
from reports.atlas.javascript.conditions import INDICATORS, condition
from reports.atlas.javascript.writer import Writer, size_of


def is_exponential(e: Expr) -> bool:
    """Whether an expression has an exponential in it and is positive by its form; an indicator in
    a product may make it 0."""
    return holds_exp(e) and _positive(e)


def holds_exp(e: Expr) -> bool:
    """Whether there is an exponential in an expression, also by name."""
    return e.has(Exp) or any(holds_exp(x.value) for x in e.atoms(Named))


def _positive(e: Expr) -> bool:
    if isinstance(e, Exp | INDICATORS):
        return True
    if isinstance(e, Named):
        return is_exponential(e.value)
    if isinstance(e, Stop | IndexSum):
        return _positive(e.args[0])
    if isinstance(e, Add | Mul):
        return all(map(_positive, e.args))
    if isinstance(e, Pow):
        return _positive(e.base) and bool(e.exp.is_number)
    return isinstance(e, Number | NumberSymbol | Symbol) and bool(e.is_nonnegative)


def exponential_of(w: Writer, factors: Sequence[Expr]) -> Code:
    """Π factors, each of which `is_exponential` accepts."""
    return call("E", added([logarithm(w, x) for x in factors]).text)


def logarithm(w: Writer, e: Expr) -> Code:
    """log e of a positive expression; −∞ where an indicator makes it 0."""
    if isinstance(e, Exp):
        return w(e.args[0])
    if isinstance(e, Named):
        return w.function("log", e, lambda: logarithm(w, e.value))
    if isinstance(e, Stop):
        return logarithm(w, e.args[0])
    if isinstance(e, Number):
        return number(log(float(e)))
    if holds_exp(e):
        rule = {Pow: _of_power, Mul: _of_product, Add: _of_sum, IndexSum: _of_index_sum}
        return rule[e.func](w, e)
    return call("L", w(e).text)


def _of_power(w: Writer, e: Expr) -> Code:
    inside = logarithm(w, e.base)
    if e.exp == -1:
        return Code(f"-{inside.within(ATOM)}", SUM)
    factor = number(float(e.exp))
    return Code(f"{factor.text}*{inside.within(PRODUCT)}", factor.level if e.exp < 0 else PRODUCT)


def _of_product(w: Writer, e: Expr) -> Code:
    conditions = [x for x in e.args if isinstance(x, INDICATORS)]
    rest = [logarithm(w, x) for x in e.args if x not in conditions]
    return chosen([condition(w, x) for x in conditions], added(rest), "-Infinity")


def _of_sum(w: Writer, e: Expr) -> Code:
    return call("la", *[logarithm(w, x).text for x in e.args])


def _of_index_sum(w: Writer, e: IndexSum) -> Code:
    body, k = e.args
    if k not in free_indices(body):
        return added([logarithm(w, body), call("L", size_of(k))])

    def write() -> Code:
        return call("lse", size_of(k), w.over(k, lambda: logarithm(w, body)))

    return w.function("log", e, write)
