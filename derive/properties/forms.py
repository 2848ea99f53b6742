"""Expressions that have the sign of a sum and show it: one logarithm, a normal form, split sums."""

from collections.abc import Callable, Iterator

from sympy import Add, Expr, Mul, Pow, expand

from derive.canonical import for_print
from derive.nodes import Exp, IndexSum, Log, Node
from derive.properties.masks import NONNEGATIVE, PLUS, within
from derive.properties.splitting import split_sums

Sign = Callable[[Expr, int], int]  # the signs of an expression, looked for to a depth
_TERMS = 200  # what an expression may expand to


def equal_forms(e: Add, sign: Sign) -> Iterator[Expr]:
    """Expressions of the same sign as e; none where writing them out takes long."""
    if not e.has(Node) or terms_when_expanded(e) > _TERMS:
        return
    inside = inside_one_log(e, sign)
    if inside is not None:
        yield inside - 1
    yield for_print(e)
    split = split_sums(e, lambda x: within(sign(x, 1), NONNEGATIVE))
    if terms_when_expanded(split) <= _TERMS:
        yield expand(split)


def inside_one_log(e: Add, sign: Sign) -> Expr | None:
    """X·Y·e^(r/q) for q·(log X + log Y) + r with q > 0: it moves as that does, and is above 1
    where that is positive. None for other sums."""
    logs = {x: f for x in e.args for f in Mul.make_args(x) if isinstance(f, Log)}
    factors = {x / f for x, f in logs.items()}
    if len(factors) != 1:
        return None
    factor = factors.pop()
    if sign(factor, 0) != PLUS:
        return None
    rest = Exp(expand((e - Add(*logs)) / factor))
    inside = Mul(*[f.args[0] for f in logs.values()], rest)
    return for_print(expand(inside)) if terms_when_expanded(inside) <= _TERMS else None


def terms_when_expanded(e: Expr) -> int:
    """How many terms the products and powers of sums in e multiply out to, at most."""
    if isinstance(e, Add):
        return sum(map(terms_when_expanded, e.args))
    if isinstance(e, Mul):
        count = 1
        for x in e.args:
            count *= terms_when_expanded(x)
        return count
    if isinstance(e, Pow) and e.exp.is_Integer and e.exp > 0:
        return int(terms_when_expanded(e.base) ** int(e.exp))
    if isinstance(e, IndexSum):
        return terms_when_expanded(e.args[0])
    return 1
