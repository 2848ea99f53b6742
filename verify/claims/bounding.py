"""A sum is at most its count times its largest term: one step that removes a sum from a bound.

Only where the expression never rises with the sum, so that what is left is nowhere above it.
"""

from collections.abc import Callable

from sympy import Add, Expr, Mul, Pow, expand

from derive.nodes import Exp, ExtraIndex, Hardest, Hinge, IndexSum, Log, M, N, View
from derive.nodes.selection import Given, excludes
from derive.properties.masks import NONNEGATIVE, NONPOSITIVE, within
from derive.properties.signs import Signs
from derive.properties.splitting import guarded
from derive.simplify import simplified
from verify.claims.text import formula_text

Known = Callable[[Expr, Hardest], Expr | None]  # s ≥ 0, if e ≤ s · the maximum is given


def least(e: Expr, signs: Signs, known: Known) -> tuple[Expr, list[str]]:
    """An expression that is nowhere above e, with its sums by maxima that e holds; and the steps.

    known: what is given beside that a term of a maximum does not exceed it (a condition).
    """
    e, steps = _gathered(e), []
    for maximum in sorted(e.atoms(Hardest), key=str):
        for total in sorted(e.atoms(IndexSum), key=str):
            bound = _bound(total, maximum, signs, known)
            if bound is not None and moves(e, total, signs) == -1:
                e = e.xreplace({total: bound})
                steps.append(f"{formula_text(total)} ≤ {formula_text(bound)}")
        for k in _picked(e, maximum.args[2]):
            term = _at(maximum, k)
            if moves(e, term, signs) == -1:
                e = e.xreplace({term: maximum})
                steps.append(f"{formula_text(term)} ≤ {formula_text(maximum)}")
    return e, steps


def _gathered(e: Expr) -> Expr:
    """Exponentials before a sum inside of it."""
    if not e.args or isinstance(e, IndexSum):
        return e
    e = e.func(*[_gathered(x) if isinstance(x, Expr) else x for x in e.args])
    sums = [x for x in Mul.make_args(e) if isinstance(x, IndexSum)]
    outside = [x for x in Mul.make_args(e) if isinstance(x, Exp)]
    if len(sums) != 1 or not outside:
        return e
    body, k = sums[0].args
    return e / sums[0] / Mul(*outside) * IndexSum(body * Mul(*outside), k)


def _picked(e: Expr, anchor: Expr) -> list[Expr]:
    """The given indices that are never the anchor."""
    return sorted((x for x in e.atoms(Given) if excludes(x, anchor)), key=str)


def _bound(total: IndexSum, maximum: Hardest, signs: Signs, known: Known) -> Expr | None:
    """count · e^{s · maximum} of a sum of e^{s · what is at most the maximum}."""
    guards, term = guarded(total)
    index, anchor = total.args[1], maximum.args[2]
    extra = isinstance(index, ExtraIndex)
    if not extra and [set(x.args) for x in guards] != [{index, anchor}]:
        return None
    count = M if extra else N - 1
    if term == _at(maximum, index):
        return count * maximum
    factors = Mul.make_args(term)
    if not all(isinstance(x, Exp) for x in factors):
        return None
    exponent = Add(*[x.args[0] for x in factors])
    scale = _scale(exponent, maximum, _picked(term, anchor) if extra else [index], signs, known)
    return None if scale is None else count * Exp(scale * maximum)


def _at(maximum: Hardest, index: Expr) -> Expr:
    """One term of a maximum."""
    body, k, _ = maximum.args
    return body.xreplace({k: index})


def _scale(
    e: Expr, maximum: Hardest, others: list[Expr], signs: Signs, known: Known
) -> Expr | None:
    """s ≥ 0 with e ≤ s · maximum: e is s times one of its terms, or a combination of such with
    coefficients ≥ 0 that add up to s."""
    given = known(e, maximum)
    if given is not None:
        return given
    for k in others:
        ratio = simplified(e / _at(maximum, k))
        if not ratio.has(View) and signs.proves(ratio, NONNEGATIVE):
            return ratio
    parts = {x for x in _similarities(e) if _below(x, maximum, others)}
    flat, total = expand(e), Add()
    for x in parts:
        coefficient = flat.coeff(x)
        if not signs.proves(coefficient, NONNEGATIVE):
            return None
        flat, total = expand(flat - coefficient * x), total + coefficient
    return simplified(total) if parts and flat == 0 else None


def _similarities(e: Expr) -> list[Expr]:
    return [x for y in Add.make_args(expand(e)) for x in Mul.make_args(y) if x.has(View)]


def _below(x: Expr, maximum: Hardest, others: list[Expr]) -> bool:
    return any(x == _at(maximum, k) for k in others)


def moves(e: Expr, x: Expr, signs: Signs) -> int | None:
    """1: e never falls as its part x grows; −1: it never rises; 0: without x; None: not known."""
    if e == x:
        return 1
    if not e.has(x):
        return 0
    if isinstance(e, Exp | Log | Hinge):
        return moves(e.args[0], x, signs)
    if isinstance(e, Add):
        ways = {moves(y, x, signs) for y in e.args} - {0}
        return ways.pop() if len(ways) == 1 else None
    if isinstance(e, Mul):
        moving = [y for y in e.args if y.has(x)]
        rest = Mul(*[y for y in e.args if not y.has(x)])
        return _times(moves(moving[0], x, signs), signs(rest)) if len(moving) == 1 else None
    if isinstance(e, Pow) and e.exp.is_number and within(signs(e.base), NONNEGATIVE):
        way = moves(e.base, x, signs)
        return way if way is None or e.exp.is_positive else -way
    return None


def _times(way: int | None, sign: int) -> int | None:
    if way is None:
        return None
    if within(sign, NONNEGATIVE):
        return way
    return -way if within(sign, NONPOSITIVE) else None
