"""The signs of an expression from those of its parts: one rule a node."""

from functools import singledispatch
from typing import TYPE_CHECKING

from sympy import Add, Expr, Mul, Pow, Symbol, expand

from derive.canonical import for_print
from derive.nodes import (
    Angle,
    D,
    Delta,
    Distinct,
    Exp,
    FeatureIndex,
    Hardest,
    Hinge,
    IndexSum,
    Inner,
    Log,
    M,
    Match,
    Mismatch,
    N,
    Named,
    Node,
    Sin,
    Step,
    Stop,
    Top,
)
from derive.printing.readable import product_of_distance
from derive.properties.forms import equal_forms
from derive.properties.masks import (
    ANY,
    MINUS,
    NONNEGATIVE,
    PLUS,
    ZERO,
    negated,
    product,
    total,
    within,
)
from derive.properties.splitting import APART, guarded

if TYPE_CHECKING:
    from derive.properties.signs import Signs

_SIZES: dict[Expr, Expr] = {
    N: 2 + Symbol("_n", nonnegative=True),
    D: 1 + Symbol("_d", nonnegative=True),
    M: 1 + Symbol("_m", nonnegative=True),
}


@singledispatch
def sign_of(e: Expr, signs: "Signs", depth: int) -> int:
    """A constant by SymPy's assumptions; of a node without a rule nothing is known."""
    return ANY if e.has(Node) else _assumed(e)


def _assumed(e: Expr) -> int:
    if e.is_positive:
        return PLUS
    if e.is_negative:
        return MINUS
    if e.is_zero:
        return ZERO
    return NONNEGATIVE if e.is_nonnegative else ANY


@sign_of.register(Mul)
def _(e: Mul, signs: "Signs", depth: int) -> int:
    return product(signs(x, depth) for x in e.args)


@sign_of.register(Pow)
def _(e: Pow, signs: "Signs", depth: int) -> int:
    """A root is ≥ 0 where it is defined, a denominator not 0."""
    base = signs(e.base, depth)
    if e.exp.is_negative:
        base &= ~ZERO
    if e.exp.is_Integer and e.exp % 2 == 1:
        return base
    if e.exp.is_Integer:
        return (base & ZERO) | (PLUS if base & ~ZERO else 0)
    return base & ~MINUS


@sign_of.register(IndexSum)
def _(e: IndexSum, signs: "Signs", depth: int) -> int:
    """Of one sign if its terms are; never empty over k ≠ i, as N ≥ 2."""
    guards, body = guarded(e)
    sign = signs(body, depth)
    other = len(guards) > (0 if isinstance(e.args[1], FeatureIndex) else 1)
    return sign | ZERO if other else sign


@sign_of.register(Inner)
def _(e: Inner, signs: "Signs", depth: int) -> int:
    v, i, w, j = e.args
    if (v.flowing, i) != (w.flowing, j):
        return ANY
    return PLUS if v.unit and v.role != "centred" else NONNEGATIVE


@sign_of.register(Exp)
def _(e: Exp, signs: "Signs", depth: int) -> int:
    return PLUS


@sign_of.register(Log)
def _(e: Log, signs: "Signs", depth: int) -> int:
    return signs(for_print(e.args[0] - 1), depth - 1) if depth else ANY


@sign_of.register(Step)
@sign_of.register(Hinge)
def _(e: Expr, signs: "Signs", depth: int) -> int:
    sign = signs(e.args[0], depth)
    return (sign & PLUS) | (ZERO if sign & ~PLUS else 0)


@sign_of.register(Delta)
@sign_of.register(Match)
@sign_of.register(Mismatch)
@sign_of.register(Top)
@sign_of.register(Angle)
def _(e: Expr, signs: "Signs", depth: int) -> int:
    return NONNEGATIVE


@sign_of.register(Distinct)
def _(e: Distinct, signs: "Signs", depth: int) -> int:
    return PLUS if e in APART else NONNEGATIVE


@sign_of.register(Sin)
def _(e: Sin, signs: "Signs", depth: int) -> int:
    return NONNEGATIVE if isinstance(e.args[0], Angle) else ANY


@sign_of.register(Stop)
@sign_of.register(Hardest)
def _(e: Expr, signs: "Signs", depth: int) -> int:
    return signs(e.args[0], depth)


@sign_of.register(Named)
def _(e: Named, signs: "Signs", depth: int) -> int:
    return signs(e.value, depth)


@sign_of.register(Add)
def _(e: Add, signs: "Signs", depth: int) -> int:
    """Term by term; as one logarithm; with sums split at i and j; at its least and greatest."""
    if product_of_distance(e) is not None:
        return NONNEGATIVE
    shifted = expand(e.xreplace(_SIZES)) if e.has(*_SIZES) and not e.has(Node) else e
    found = total(signs(x, depth) for x in Add.make_args(shifted))
    if found != ANY or depth == 0:
        return found
    for other in equal_forms(e, signs):
        if other != e:
            found &= signs(other, depth - 1)
            if found != ANY:
                return found
    return found & _between(signs.bounds.low(shifted), signs.bounds.high(shifted), signs, depth)


def _between(low: Expr, high: Expr, signs: "Signs", depth: int) -> int:
    """The signs of what is nowhere below low nor above high."""
    below, above = (signs(for_print(x), depth - 1) for x in (low, high))
    found = ANY
    if within(below, NONNEGATIVE):
        found &= below | PLUS
    if within(negated(above), NONNEGATIVE):
        found &= above | MINUS
    return found
