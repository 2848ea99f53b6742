"""The maximum over samples of an expression, in its plainest form."""

from sympy import Add, Expr, Mul, S

from derive.asymptotics.signs import sign
from derive.canonical import for_print
from derive.nodes import Hardest, Index, free_indices


def over_samples(body: Expr, k: Index, i: Expr) -> Expr:
    """max over k ≠ i of the body, with what does not depend on k taken out."""
    body = for_print(body)
    terms = Add.make_args(body)
    free = Add(*[x for x in terms if k not in free_indices(x)])
    rest = Add(*[x for x in terms if k in free_indices(x)])
    if rest == 0:
        return free
    scale, inner = _scale(rest, k)
    return free + scale * Hardest(inner, k, i)


def _scale(e: Expr, k: Index) -> tuple[Expr, Expr]:
    """A positive factor without k, and the rest."""
    if not isinstance(e, Mul):
        return S.One, e
    apart = [x for x in e.args if k not in free_indices(x)]
    scale = Mul(*[x if sign(x) == 1 else -x for x in apart if sign(x) in (1, -1)])
    return scale, e / scale
