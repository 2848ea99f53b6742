"""An expression of a batch as a function of real numbers: each similarity, sum and maximum one.

What is shown of the function for all numbers holds for every batch; the other way round it need
not, so a function that is somewhere negative refutes nothing.
"""

from sympy import Add, Expr, Max, Mul, Pow, S, Symbol, exp, expand_log, log

from derive.nodes import D, Exp, Hinge, Log, M, N, Node
from derive.properties.masks import NONNEGATIVE, PLUS, within
from derive.properties.signs import Signs

_LEAST: dict[Expr, Expr] = {
    N: 2 + Symbol("_n", nonnegative=True),
    D: 1 + Symbol("_d", nonnegative=True),
    M: 1 + Symbol("_m", nonnegative=True),
}


class Scalars:
    """Names what is not arithmetic, exp, log or max(0, ·); the same thing by the same name.

    What is positive is e^y of a real y, so that its logarithm is linear.
    """

    def __init__(self, signs: Signs):
        self.signs = signs
        self.names: dict[Expr, Expr] = {}

    def __call__(self, e: Expr) -> Expr:
        if isinstance(e, Exp):
            return exp(self(e.args[0]))
        if isinstance(e, Log):
            return expand_log(log(self(e.args[0])))
        if isinstance(e, Hinge):
            return Max(S.Zero, self(e.args[0]))
        if isinstance(e, Mul):
            return self._product(e)
        if isinstance(e, Add | Pow):
            return e.func(*map(self, e.args))
        return self._named(e) if isinstance(e, Node) else e.xreplace(_LEAST)

    def _product(self, e: Expr) -> Expr:
        """A positive factor of a single hinge goes into it: a·max(0, x) = max(0, a·x)."""
        hinges = [x for x in e.args if isinstance(x, Hinge)]
        rest = Mul(*[x for x in e.args if x not in hinges])
        sign = -1 if self.signs(-rest) == PLUS else 1
        if len(hinges) == 1 and self.signs(sign * rest) == PLUS:
            inside = self(sign * rest) * self(hinges[0].args[0])
            return sign * Max(S.Zero, expand_log(inside.expand()))
        return Mul(*map(self, e.args))

    def _named(self, e: Expr) -> Expr:
        if e not in self.names:
            sign = self.signs(e)
            y = Symbol(f"_y{len(self.names)}", real=True)
            size = Symbol(f"_y{len(self.names)}", nonnegative=True)
            self.names[e] = exp(y) if sign == PLUS else size if within(sign, NONNEGATIVE) else y
        return self.names[e]
