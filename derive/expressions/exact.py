"""The exact value of an arithmetic expression that somebody typed: a SymPy number.

>>> number("2^10/sqrt(16)")
256
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

from sympy import E, Expr, pi

from derive.errors import ExpressionError
from derive.expressions.bounds import depends_on_sizes, real_at_every_size
from derive.expressions.checked import FUNCTIONS, divide, power
from derive.expressions.moderation import RefusalError, finished
from derive.expressions.parser import parse
from derive.expressions.trees import Call, Name, Negative, Number, Tree
from derive.nodes import D, N

CONSTANTS: Mapping[str, Expr] = {"pi": pi, "e": E}
SIZES: Mapping[str, Expr] = {"N": N, "D": D}


def number(text: str, *, sizes: bool = False) -> Expr:
    """The exact value of an expression of numbers, pi, e, + - * / ^ and functions.

    sizes: N and D may occur. Raises `ExpressionError` for everything else, for what is not a
    finite real number (with N and D: at every N ≥ 2 and D ≥ 1), and for what is too large.
    """
    names = {**CONSTANTS, **(SIZES if sizes else {})}
    value = Exact(text, names)(parse(text, names=names, functions=FUNCTIONS))
    if not real_at_every_size(value):
        where = " at every N ≥ 2 and D ≥ 1" if depends_on_sizes(value) else ""
        reason = f"this is not proved to be a real number{where}"
        raise ExpressionError(text, 1, reason, "Use another one, or simplify it.")
    return value


class Exact:
    """Evaluates the tree of one text. names: what the names stand for."""

    functions: ClassVar[Mapping[str, Callable[..., Expr]]] = FUNCTIONS

    def __init__(self, text: str, names: Mapping[str, Expr]):
        self.text, self.names = text, names

    def __call__(self, tree: Tree) -> Expr:
        """The value of the tree. Raises `ExpressionError` at the part that has none."""
        try:
            return finished(self.value(tree))
        except RefusalError as error:
            raise ExpressionError(self.text, tree.at, error.reason, error.advice) from None

    def value(self, tree: Tree) -> Expr:
        if isinstance(tree, Number):
            return tree.value
        if isinstance(tree, Name):
            return self.names[tree.name]
        if isinstance(tree, Negative):
            return -self(tree.operand)
        if isinstance(tree, Call):
            return self.functions[tree.function](*map(self, tree.arguments))
        left, right = self(tree.left), self(tree.right)
        if tree.symbol == "+":
            return left + right
        if tree.symbol == "-":
            return left - right
        if tree.symbol == "*":
            return left * right
        return self.divide(left, right) if tree.symbol == "/" else self.power(left, right)

    def divide(self, left: Expr, right: Expr) -> Expr:
        return divide(left, right)

    def power(self, base: Expr, exponent: Expr) -> Expr:
        return power(base, exponent)
