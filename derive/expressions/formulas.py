"""Expressions that people type as formulas in the nodes of `derive.nodes`.

Numbers among themselves are computed exactly (`derive.expressions.checked`); what holds a variable
is built of nodes, which SymPy does not evaluate.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

from sympy import Abs, Add, Expr, Max, Mul, Pow, S, Symbol, pi

from derive.expressions import checked
from derive.expressions.exact import Exact
from derive.expressions.moderation import RefusalError
from derive.expressions.trees import Tree
from derive.nodes import Cos, Exp, Hinge, Log, Node, Sin

_LARGEST_POWER = 8  # of a variable: powers of sums are multiplied out
_LARGEST_TERM = 1000  # of a broken power

CONSTANTS: Mapping[str, Expr] = {"pi": pi, "e": Exp(S.One)}


def _maximum(x: Expr, y: Expr) -> Expr:
    """max(x, y) = y + max(0, x − y)."""
    if x == 0:
        x, y = y, x
    return y + Hinge(x - y)


FUNCTIONS: dict[str, Callable[..., Expr]] = {
    "exp": Exp,
    "log": Log,
    "sqrt": lambda x: power(x, S.Half),
    "sin": Sin,
    "cos": Cos,
    "abs": lambda x: Hinge(x) + Hinge(-x),
    "relu": Hinge,
    "sigmoid": lambda x: 1 / (1 + Exp(-x)),
    "softplus": lambda x: Log(1 + Exp(x)),
    "max": _maximum,
    "min": lambda x, y: x - Hinge(x - y),
}


def power(base: Expr, exponent: Expr) -> Expr:
    """base^exponent; a variable in the exponent makes an exponential."""
    if base == Exp(S.One):
        return Exp(exponent)
    if not _is_variable(base) and not _is_variable(exponent):
        return checked.power(base, exponent)
    if exponent.has(Node) or any(x.name == "x" for x in exponent.atoms(Symbol)):
        return Exp(exponent * Log(base))
    if exponent.is_Rational:
        largest = _LARGEST_POWER if exponent.is_Integer else _LARGEST_TERM
        if max(abs(exponent.p), exponent.q) > largest or abs(exponent) > _LARGEST_POWER:
            raise RefusalError(f"the power is over {_LARGEST_POWER}", "Use a smaller one.")
    result = base**exponent
    return result.replace(Abs, FUNCTIONS["abs"]) if result.has(Abs) else result


def _is_variable(e: Expr) -> bool:
    return bool(e.free_symbols) or e.has(Node)


def _degree(e: Expr) -> Expr:
    """A bound on the number of factors that multiplying out makes of one variable."""
    if isinstance(e, Add):
        return Max(*map(_degree, e.args))
    if isinstance(e, Mul):
        return Add(*map(_degree, e.args))
    if isinstance(e, Pow) and e.exp.is_Rational:
        return _degree(e.base) * max(S.One, abs(e.exp))
    if e.args:
        return max(S.One, *map(_degree, e.args))
    return S.One if _is_variable(e) else S.Zero


class Formula(Exact):
    """Evaluates the tree of one text into nodes."""

    functions: ClassVar[Mapping[str, Callable[..., Expr]]] = FUNCTIONS

    def value(self, tree: Tree) -> Expr:
        result = super().value(tree)
        if _degree(result) > _LARGEST_POWER:
            raise RefusalError(
                f"the powers are together over {_LARGEST_POWER}", "Use smaller ones."
            )
        return result

    def divide(self, left: Expr, right: Expr) -> Expr:
        return left / right if _is_variable(right) else checked.divide(left, right)

    def power(self, base: Expr, exponent: Expr) -> Expr:
        return power(base, exponent)
