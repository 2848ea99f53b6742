"""Logarithms taken apart where every factor is positive: log(e^x·y) = x + log y.

Exponents come out of a product, of powers of it, and of a sum in every term of which they stand.
"""

from sympy import Add, Expr, Mul, Pow

from derive.canonical import for_print
from derive.nodes import Exp, Hardest, HardestIndex, IndexSum, Log, Named, Node


def split_logs(e: Expr) -> Expr:
    """The expression with every exponential factor of a logarithm's argument taken out."""
    if not e.has(Log) or isinstance(e, Named):
        return e
    if isinstance(e, Log):
        return _split(for_print(split_logs(e.args[0])))
    if isinstance(e, IndexSum | Hardest | HardestIndex):
        body, *rest = e.args
        return e.func(split_logs(body), *rest)
    return e.func(*[split_logs(x) if isinstance(x, Expr) else x for x in e.args])


def _split(argument: Expr) -> Expr:
    terms = Add.make_args(argument)
    common = set.intersection(*[_exponentials(x) for x in terms])
    outside = Add(*[x.args[0] * n for x, n in common])
    argument = Add(*[Mul(term, *[x**-n for x, n in common]) for term in terms])
    if isinstance(argument, Pow) and argument.base.has(Node):
        return outside + argument.exp * _split(argument.base)
    return outside + Log(argument)


def _exponentials(term: Expr) -> set[tuple[Expr, Expr]]:
    """(e^x, n) of the factors (e^x)^n of a term."""
    return {x.as_base_exp() for x in Mul.make_args(term) if isinstance(x.as_base_exp()[0], Exp)}
