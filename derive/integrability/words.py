"""Nodes as SymPy's functions of plain symbols, and back: what its calculus needs."""

import sympy
from sympy import Add, Expr, Mul, Pow, Symbol, factor_terms

from derive.canonical import for_print
from derive.integrability.antiderivative import NoAntiderivativeError
from derive.nodes import (
    Angle,
    Cos,
    Exp,
    Hardest,
    HardestIndex,
    Hinge,
    Index,
    IndexSum,
    Log,
    Node,
    Sin,
    free_indices,
)

_FUNCTIONS: dict[type, type] = {
    Exp: sympy.exp,
    Log: sympy.log,
    Cos: sympy.cos,
    Sin: sympy.sin,
    Angle: sympy.acos,
}
_NODES = {function: node for node, function in _FUNCTIONS.items()}


class Words:
    """A vocabulary: the cosines that change are real symbols, sums are positive ones, and whatever
    else does not hold them is a constant."""

    def __init__(self, changing: frozenset[Expr]):
        self.changing = changing
        self.known: dict[Expr, Symbol] = {}

    def name(self, e: Expr) -> Symbol:
        """The symbol of a node."""
        positive = isinstance(e, IndexSum) or bool(e.is_positive)
        symbol = Symbol(f"_v{len(self.known)}", real=True, positive=positive or None)
        return self.known.setdefault(e, symbol)

    def read(self, e: Expr) -> Expr:
        """Raises `NoAntiderivativeError` for a hinge."""
        if e.is_number or e.is_Symbol:
            return e
        if isinstance(e, Pow) and not e.exp.is_Integer:
            content, base = self.read(e.base).primitive()  # √(2 − 2c) = √2 √(1 − c)
            return content**e.exp * base**e.exp
        if isinstance(e, Add | Mul | Pow):
            return e.func(*[self.read(x) for x in e.args])
        function = _FUNCTIONS.get(type(e))
        if function is not None and (e.has(IndexSum) or e.has(*self.changing)):
            return function(self.read(e.args[0]))
        if isinstance(e, Hardest):
            body, k, _ = e.args
            return self.read(for_print(body.xreplace({k: HardestIndex(*e.args)})))
        if isinstance(e, Hinge):
            raise NoAntiderivativeError
        return self.name(e)

    def write(self, e: Expr) -> Expr:
        """The expression in nodes again, but for constants: log(2x) is written log x."""
        return _with_nodes(e).xreplace({symbol: node for node, symbol in self.known.items()})

    def sums(self) -> dict[Expr, Symbol]:
        return {e: symbol for e, symbol in self.known.items() if isinstance(e, IndexSum)}

    def holding(self, index: Index) -> list[Symbol]:
        """The symbols of what depends on an index."""
        return [symbol for e, symbol in self.known.items() if index in free_indices(e)]


def _with_nodes(e: Expr) -> Expr:
    if not e.args or isinstance(e, Node):
        return e
    args = [_with_nodes(x) for x in e.args]
    node = _NODES.get(e.func)
    if node is Log:
        args = [factor_terms(args[0]).as_coeff_Mul()[1]]
    return node(*args) if node is not None else e.func(*args)
