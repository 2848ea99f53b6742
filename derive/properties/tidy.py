"""Values without indices in the shortest form found: logarithms taken apart or put together.

Through SymPy's own functions, which know the rules for numbers, and back to our nodes.
"""

from collections.abc import Callable, Iterator

from sympy import (
    Add,
    Expr,
    Mul,
    Pow,
    acos,
    collect,
    cos,
    exp,
    expand,
    expand_log,
    factor,
    factor_terms,
    log,
    powsimp,
    sin,
    together,
)

from derive.nodes import Angle, Cos, D, Exp, Hinge, IndexSum, Log, M, N, Sin, Step
from derive.simplify import size

_TO: dict[type, Callable[[Expr], Expr]] = {
    Exp: exp,
    Log: log,
    Cos: cos,
    Sin: sin,
    Angle: acos,
}
_BACK: dict[type, Callable[[Expr], Expr]] = {
    exp: Exp,
    log: Log,
    cos: Cos,
    sin: Sin,
    acos: Angle,
}


def tidy(e: Expr) -> Expr:
    """An equal expression, as short as the rules here make it; hinges and gates inside."""
    if e.has(IndexSum):
        return e
    inner = {x: x.func(tidy(x.args[0])) for x in e.atoms(Hinge, Step)}
    e = e.xreplace(inner)
    return min((from_sympy(x) for x in _forms(to_sympy(e))), key=size)


def _forms(e: Expr) -> Iterator[Expr]:
    yield e
    e = expand(e)
    yield e
    for form in (_apart(e), _joined(e), _apart(_joined(e))):
        yield form
        yield _collected(form)
        yield factor_terms(form)
    if not e.has(exp, log):
        yield factor_terms(together(e))
        yield factor(e)
        yield _collected(factor_terms(together(e)))


def _apart(e: Expr) -> Expr:
    """log(x·y) = log x + log y of positive factors, log e^x = x."""
    logs = {x: expand_log(log(factor_terms(powsimp(x.args[0]))), force=True) for x in e.atoms(log)}
    return expand(e.xreplace(logs), log=False, power_exp=False)


def _collected(e: Expr) -> Expr:
    """Sums by exponentials, logarithms and hyper-parameters, inside logarithms too."""
    logs = {x: log(_collected(x.args[0])) for x in e.atoms(log) if x.args[0].is_Add}
    e = e.xreplace(logs)
    own = [x for x in e.free_symbols if x not in (N, D, M)]
    return collect(e, [*e.atoms(exp), *e.atoms(log), *sorted(own, key=str)]) if e.is_Add else e


def _joined(e: Expr) -> Expr:
    """q·log X + r = q·log(X e^(r/q)) for one logarithm."""
    logs = {x: f for x in Add.make_args(e) for f in Mul.make_args(x) if isinstance(f, log)}
    if len(logs) != 1:
        return e
    ((term, found),) = logs.items()
    rest, factor = e - term, term / found
    linear = [x for x in Add.make_args(rest) if not x.has(log)]
    inside = found.args[0] * exp(expand(Add(*linear) / factor))
    return factor * log(powsimp(expand(inside, power_exp=False)))


def to_sympy(e: Expr) -> Expr:
    """Our nodes as SymPy's functions, where it has one; others, and what is in them, stay."""
    if isinstance(e, Add | Mul | Pow):
        return e.func(*map(to_sympy, e.args))
    rule = _TO.get(type(e))
    return rule(to_sympy(e.args[0])) if rule else e


def from_sympy(e: Expr) -> Expr:
    """Back to our nodes."""
    if isinstance(e, Add | Mul | Pow):
        return e.func(*map(from_sympy, e.args))
    rule = _BACK.get(type(e))
    return rule(from_sympy(e.args[0])) if rule else e
