"""An expression that vanishes if two losses are equal, in a form that the normal form can decide.

Three rules, of what it does not know: Σ_k f = Σ_k g if f = g; max(0, x) = max(0, y) if x = y; and
t + b Σ ± log x = 0 ⟺ e^{t/b} Π x^{±1} = 1.
"""

from sympy import Add, Dummy, Expr, Mul, S

from derive.canonical import for_proof
from derive.nodes import NEGATIVE, Exp, Hinge, IndexSum, Log


def difference(left: Expr, right: Expr) -> Expr:
    """Zero if left = right; nothing is said where it is not."""
    if isinstance(left, IndexSum) and isinstance(right, IndexSum):
        bodies = (x.args[0].xreplace({x.args[1]: NEGATIVE}) for x in (left, right))
        return difference(*bodies)
    hinges = [x.atoms(Hinge) for x in (left, right)]
    if all(len(x) == 1 for x in hinges):
        (a,), (b,) = hinges
        mark = Dummy()
        if left.xreplace({a: mark}) == right.xreplace({b: mark}):
            return difference(a.args[0], b.args[0])
    return _without_logs(left - right)


def _without_logs(e: Expr) -> Expr:
    terms = Add.make_args(e.expand())
    logs = [x for x in terms if any(isinstance(y, Log) for y in Mul.make_args(x))]
    rest = Add(*[x for x in terms if x not in logs])
    split = [_split(x) for x in logs]
    if not split or any(b / split[0][0] not in (1, -1) for b, _ in split):
        return e
    first = split[0][0]
    product = Mul(*[x ** (b / first) for b, x in split])
    return _one_constant(for_proof(Exp((rest / first).expand()) * product - S.One))


def _one_constant(e: Expr) -> Expr:
    """e^{−1} as 1/e^1: the normal form takes the two for different constants."""
    negative = {x for x in e.atoms(Exp) if x.args[0].is_number and x.args[0] < 0}
    return e.xreplace({x: 1 / Exp(-x.args[0]) for x in negative})


def _split(term: Expr) -> tuple[Expr, Expr]:
    """b and x of b·log x."""
    factors = Mul.make_args(term)
    at = next(k for k, y in enumerate(factors) if isinstance(y, Log))
    return Mul(*factors[:at], *factors[at + 1 :]), factors[at].args[0]
