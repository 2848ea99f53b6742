"""Sums over the samples as one sum, so that what cancels term by term is seen to."""

from sympy import Add, Expr, Mul, cancel

from derive.canonical import for_proof
from derive.identity import as_rational, restore
from derive.indices import fresh, resum
from derive.nodes import Index, IndexSum, Match, Mismatch, SampleIndex, free_indices
from derive.properties.splitting import peeled


def merged(e: Expr) -> Expr:
    """Σ_k f(k) + Σ_k Σ_l g(k, l) + … as Σ_k (f(k) + Σ_l g(k, l) + …), cancelled inside."""
    k = fresh(SampleIndex)
    inside, outside = [], []
    for term in Add.make_args(e):
        sums = [x for x in Mul.make_args(term) if isinstance(x, IndexSum)]
        body = _body_at(sums[0], k) if len(sums) == 1 else None
        if body is None:
            outside.append(term)
        else:
            inside.append(Mul(*[x for x in Mul.make_args(term) if x is not sums[0]]) * body)
    if len(inside) < 2:
        return e
    return Add(*outside, for_proof(IndexSum(_cancelled(for_proof(Add(*inside))), k)))


def _body_at(e: IndexSum, k: Index) -> Expr | None:
    """The body of a sum as a function of k alone; of nested sums, k is the one index that more
    than labels depend on."""
    bound, body = peeled(e)
    if not all(isinstance(x, SampleIndex) for x in bound):
        return None
    rest = [x for x in Mul.make_args(body) if not isinstance(x, Match | Mismatch)]
    main = {x for f in rest for x in free_indices(f) if x in bound} or {bound[0]}
    if len(main) != 1:
        return None
    own = main.pop()
    return resum(body, [x for x in bound if x != own]).xreplace({own: k})


def _cancelled(e: Expr) -> Expr:
    table: dict[object, Expr] = {}
    return restore(cancel(as_rational(e, table)), table)
