"""Printed limits: what an expression tends to as one of its numbers grows or falls.

Proved by SymPy's limit of the expression with every similarity a symbol; beside it stand numbers
on the way there. A limit that is another one refutes, if the numbers agree with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import Expr, Symbol, cos, exp, limit, log, oo, simplify, sin

from derive.nodes import Angle, Cos, Exp, Inner, Log, Node, Sin
from verify.claims.hats import algebraic
from verify.claims.model import Judgement, Outcome
from verify.claims.steps import DERIVED

_ON_THE_WAY = (10**2, 10**4, 10**12)
_NEAR = 1e-3


def as_function(e: Expr, names: Mapping[Expr, Expr]) -> Expr:
    """e as a function of SymPy's: exp, log, cos; similarities by the symbols given."""
    e = algebraic(e).xreplace(dict(names))
    rules = {Exp: exp, Log: log, Cos: cos, Sin: sin}

    def read(x: Expr) -> Expr:
        if not x.args or isinstance(x, Inner | Angle):
            return x
        function = rules.get(type(x), x.func)
        return function(*map(read, x.args))

    found = read(e)
    if found.has(Node):
        raise ValueError(f"{found} is no function of {', '.join(map(str, names.values()))}")
    return found


@dataclass(frozen=True)
class Limit:
    """The limit of `of` as `symbol` goes to `to` (from above, where it is finite) is `value`.

    sample: numbers for the other symbols, at which the way there is computed.
    """

    of: Expr
    symbol: Symbol
    to: Expr
    value: Expr
    sample: Mapping[Symbol, Expr] = field(default_factory=dict)

    def __call__(self, seed: int) -> Judgement:
        found = limit(self.of, self.symbol, self.to, "+")
        way = self._way()
        seen = f"{self.symbol} → {self.to}: {', '.join(f'{x:.8g}' for x in way)}"
        if simplify(found - self.value) == 0:
            if not _close(way[-1], self.value.xreplace(dict(self.sample))):
                said = f"the limit was found to be {found}, and the numbers are {seen}"
                return Judgement(Outcome.UNDECIDED, evidence=(said,))
            return Judgement(Outcome.EXACT, evidence=(f"the limit is {found}", seen))
        at = found.xreplace(dict(self.sample))
        if not _close(way[-1], at) or _close(at, self._claimed()):
            return Judgement(Outcome.UNDECIDED, evidence=(f"limit found: {found}", seen))
        where = ", ".join(f"{k}={v}" for k, v in self.sample.items())
        seen = f"counterexample: at {where} the limit is {at.evalf(8)}; {seen}"
        return Judgement(
            Outcome.FALSE, correction=f"{DERIVED}the limit is {found}", evidence=(seen,)
        )

    def _claimed(self) -> Expr:
        return self.value.xreplace(dict(self.sample))

    def _way(self) -> list[float]:
        points = [n if self.to == oo else 1 / (self.to + n) for n in _ON_THE_WAY]
        at = [self.of.xreplace({**self.sample, self.symbol: x}) for x in points]
        return [float(x.evalf(30)) for x in at]


def _close(x: float | Expr, y: Expr) -> bool:
    if x in (oo, -oo):
        return bool(x == y)
    if y in (oo, -oo):
        return bool(abs(x) > 1 / _NEAR)
    return bool(abs(float(x) - float(y)) <= _NEAR * max(1.0, abs(float(x))))
