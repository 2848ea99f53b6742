"""How an expression moves with one similarity, by composition: one rule a node."""

from functools import singledispatch
from typing import TYPE_CHECKING

from sympy import Add, Expr, Mul, Pow, expand

from derive.canonical import for_print
from derive.indices import fresh
from derive.nodes import (
    ANCHOR,
    NEGATIVE,
    Angle,
    Cos,
    Delta,
    Distinct,
    Exp,
    Hardest,
    HardestIndex,
    Hinge,
    IndexSum,
    Inner,
    Log,
    Named,
    SampleIndex,
    Sin,
    Step,
    Stop,
    Top,
    free_indices,
)
from derive.properties.forms import inside_one_log, terms_when_expanded
from derive.properties.masks import ANY, NONNEGATIVE, ZERO, negated, product, total, within
from derive.properties.similarities import may_be, touches
from derive.properties.splitting import APART

if TYPE_CHECKING:
    from derive.properties.directions import Direction

_TERMS = 12  # of a product written out as a sum


@singledispatch
def moves(e: Expr, d: "Direction") -> int:
    """Of another node: not at all if it holds no similarity, else unknown."""
    return ANY if e.has(Inner) else ZERO


@moves.register(Inner)
def _(e: Inner, d: "Direction") -> int:
    v, i, w, j = d.similarity.args
    x, k, y, m = e.args
    picks = [p for p in (k, m) if isinstance(p, HardestIndex) and touches(p, d.similarity)]
    if picks:
        return _at_hardest(e, picks[0], d) if len(picks) == 1 else ANY
    pairs = [(x.flowing, k, y.flowing, m), (y.flowing, m, x.flowing, k)]
    if (v, i, w, j) in pairs:
        return 4
    if not any((p, r) == (v, w) for p, _, r, _ in pairs):
        return ZERO
    return NONNEGATIVE if any(may_be(d.similarity, pair) for pair in pairs) else ZERO


def _at_hardest(e: Inner, pick: HardestIndex, d: "Direction") -> int:
    """At the index picked by a ranking: the maximum itself if e is what is ranked by."""
    body, k, i = pick.args
    if body.xreplace({k: pick}) == e:
        return moves(Hardest(body, k, i), d)
    if (-body).xreplace({k: pick}) == e:
        return negated(moves(Hardest(body, k, i), d))
    return ANY


@moves.register(Add)
def _(e: Add, d: "Direction") -> int:
    """Term by term; or q·log X + r as X·e^(r/q)."""
    found = total(moves(x, d) for x in e.args)
    if found != ANY or not e.has(Log):
        return found
    inside = inside_one_log(e, d.signs)
    return ANY if inside is None else moves(inside.xreplace(APART), d)


@moves.register(Mul)
def _(e: Mul, d: "Direction") -> int:
    """Product rule; it holds for jumps too."""
    parts = []
    for at, x in enumerate(e.args):
        change = moves(x, d)
        if change != ZERO:
            rest = Mul(*e.args[:at], *e.args[at + 1 :])
            parts.append(product((change, d.signs(rest, 2))))
    found = total(parts)
    if found != ANY or not any(isinstance(x, Add) for x in e.args):
        return found
    terms = Add.make_args(expand(e)) if terms_when_expanded(e) <= _TERMS else (e,)
    return total(moves(x, d) for x in terms) if len(terms) > 1 else ANY


@moves.register(Pow)
def _(e: Pow, d: "Direction") -> int:
    change = moves(e.base, d)
    if change == ZERO:
        return ZERO
    exponent = d.signs(e.exp, 2)
    odd = e.exp.is_Integer and e.exp % 2 == 1
    base = d.signs(e.base, 2)
    slope = 4 if odd and e.exp == 1 else d.signs(Pow(e.base, e.exp - 1), 2)
    if (
        e.exp.is_negative
        and not within(base, NONNEGATIVE)
        and not within(negated(base), NONNEGATIVE)
    ):
        return ANY  # it may pass a pole
    return product((exponent, slope, change))


@moves.register(Exp)
@moves.register(Log)
@moves.register(Named)
def _(e: Expr, d: "Direction") -> int:
    return moves(e.value if isinstance(e, Named) else e.args[0], d)


@moves.register(Angle)
def _(e: Angle, d: "Direction") -> int:
    return negated(moves(e.args[0], d))


@moves.register(Cos)
@moves.register(Sin)
def _(e: Expr, d: "Direction") -> int:
    return ZERO if moves(e.args[0], d) == ZERO else ANY


@moves.register(Step)
@moves.register(Hinge)
def _(e: Expr, d: "Direction") -> int:
    """Flat where the gate is closed or open for good."""
    change = moves(e.args[0].xreplace(APART), d)
    return change if change == ZERO else change | ZERO


@moves.register(Stop)
def _(e: Stop, d: "Direction") -> int:
    return moves(e.args[0], d)


@moves.register(Hardest)
def _(e: Hardest, d: "Direction") -> int:
    body, k, i = e.args
    return _over_samples(body * Distinct(k, i), k, d, at_least=ZERO)


@moves.register(IndexSum)
def _(e: IndexSum, d: "Direction") -> int:
    body, k = e.args
    if not isinstance(k, SampleIndex):
        return moves(body, d)
    return _over_samples(body, k, d)


def _over_samples(body: Expr, k: Expr, d: "Direction", at_least: int = 0) -> int:
    """At i, at j and at a sample that is neither; a maximum takes any one of these."""
    masks = []
    for x in sorted(free_indices(d.similarity), key=str):
        masks.append(moves(for_print(body.xreplace({k: x})).xreplace(APART), d))
    masks.append(moves(body.xreplace({k: fresh(SampleIndex)}), d))
    if not at_least:
        return total(masks)
    for mask in masks:
        at_least |= mask
    return at_least


@moves.register(Delta)
def _(e: Delta, d: "Direction") -> int:
    """δ with the hardest negative: j is picked once its own value is the largest."""
    picks = [x for x in e.args if isinstance(x, HardestIndex)]
    if len(picks) != 1:
        return ZERO if not picks else ANY
    other = next(x for x in e.args if x is not picks[0])
    body, k, i = picks[0].args
    return _moves_ahead(body, k, i, other, d)


@moves.register(Top)
def _(e: Top, d: "Direction") -> int:
    j, body, k, i, _ = e.args
    return _moves_ahead(body, k, i, j, d)


def _moves_ahead(body: Expr, k: Expr, i: Expr, j: Expr, d: "Direction") -> int:
    """How the rank of sample j moves: up as its own value does, down as those of others do."""
    own = moves(body.xreplace({k: j}).xreplace(APART), d)
    others = [x for x in (ANCHOR, NEGATIVE) if x not in (i, j)]
    rest = [negated(moves(body.xreplace({k: x}).xreplace(APART), d)) for x in others]
    found = total([own, *rest])
    return found if found == ZERO else found | ZERO
