"""The coefficients of an expansion as they are read."""

from sympy import Add, Expr, S, factor

from derive.asymptotics.batches import counted
from derive.canonical import for_print
from derive.expressions.logarithms import split_logs
from derive.nodes import Node
from derive.simplify import simplified, size


def tidy(e: Expr) -> Expr:
    """The shortest of the print form, one fraction, and one coefficient an embedding part."""
    e = for_print(split_logs(counted(for_print(e))))
    return min(_collected(e), e, simplified(e), key=size)


def _collected(e: Expr) -> Expr:
    parts: dict[Expr, Expr] = {}
    for term in Add.make_args(e):
        number, rest = term.as_independent(Node, as_Add=False)
        parts[rest] = parts.get(rest, S.Zero) + number
    return Add(*[factor(number) * rest for rest, number in parts.items()])
