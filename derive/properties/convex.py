"""Is an expression convex in the cosines, taken as independent? By the rules of composition."""

from functools import singledispatch

from sympy import Add, Expr, Mul, Pow

from derive.nodes import (
    Exp,
    Hardest,
    HardestIndex,
    Hinge,
    IndexSum,
    Inner,
    Log,
    Named,
    Node,
    SampleIndex,
)
from derive.properties.masks import NONNEGATIVE, NONPOSITIVE, within
from derive.properties.signs import Signs


def convex(e: Expr, signs: Signs) -> bool:
    """Whether the rules prove it."""
    return affine(e) or _convex(e, signs)


def affine(e: Expr) -> bool:
    """Linear in the cosines, up to a constant. A cosine at a picked sample is not: the pick moves
    with the cosines."""
    if isinstance(e, Inner):
        return all(isinstance(k, SampleIndex) for k in e.args[1::2])
    if not e.has(Inner):
        return True
    if isinstance(e, Add):
        return all(map(affine, e.args))
    if isinstance(e, Mul):
        moving = [x for x in e.args if x.has(Inner)]
        return len(moving) == 1 and affine(moving[0])
    if isinstance(e, IndexSum):
        return affine(e.args[0])
    return isinstance(e, Named) and affine(e.value)


@singledispatch
def _convex(e: Expr, signs: Signs) -> bool:
    return not e.has(Node)


@_convex.register
def _(e: Inner, signs: Signs) -> bool:
    """At a picked sample: convex if it is the maximum of what the pick ranks by."""
    picks = [k for k in e.args[1::2] if isinstance(k, HardestIndex)]
    if len(picks) != 1:
        return False
    body, k, i = picks[0].args
    return body.xreplace({k: picks[0]}) == e and convex(Hardest(body, k, i), signs)


@_convex.register
def _(e: Add, signs: Signs) -> bool:
    return all(convex(x, signs) for x in e.args)


@_convex.register
def _(e: Mul, signs: Signs) -> bool:
    """A non-negative constant times a convex expression."""
    moving = [x for x in e.args if x.has(Inner)]
    rest = Mul(*[x for x in e.args if x not in moving])
    if len(moving) != 1:
        return False
    if within(signs(rest), NONPOSITIVE) and affine(moving[0]):
        return True
    return within(signs(rest), NONNEGATIVE) and convex(moving[0], signs)


@_convex.register
def _(e: Pow, signs: Signs) -> bool:
    """The square of an affine expression, or of one that is convex and ≥ 0."""
    if e.exp != 2:
        return False
    return affine(e.base) or (within(signs(e.base), NONNEGATIVE) and convex(e.base, signs))


@_convex.register(IndexSum)
@_convex.register(Hardest)
@_convex.register(Hinge)
@_convex.register(Exp)
def _(e: Expr, signs: Signs) -> bool:
    return convex(e.args[0], signs)


@_convex.register
def _(e: Named, signs: Signs) -> bool:
    return convex(e.value, signs)


@_convex.register
def _(e: Log, signs: Signs) -> bool:
    """log Σ e^x with convex x."""
    return _log_convex(e.args[0], signs)


def _log_convex(e: Expr, signs: Signs) -> bool:
    if not e.has(Inner):
        return within(signs(e), NONNEGATIVE)
    if isinstance(e, Exp):
        return convex(e.args[0], signs)
    if isinstance(e, Add | Mul):
        return all(_log_convex(x, signs) for x in e.args)
    if isinstance(e, IndexSum):
        return _log_convex(e.args[0], signs)
    return isinstance(e, Named) and _log_convex(e.value, signs)
