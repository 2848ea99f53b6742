"""The value of a node at a symmetric batch, around samples that are named: one rule a node."""

from functools import singledispatch

from sympy import Add, Expr, Mul, Pow, S, acos, expand, nan, pi, zoo

from derive.indices import fresh
from derive.nodes import (
    ANCHOR,
    Angle,
    Component,
    Delta,
    Distinct,
    ExtraIndex,
    FeatureIndex,
    H,
    Hardest,
    IndexSum,
    Inner,
    M,
    Match,
    Mismatch,
    N,
    Named,
    SampleIndex,
    Step,
    Stop,
    Top,
    View,
    free_indices,
)
from derive.properties.batch import Batch, NotDeterminedError, UndefinedValueError, same_sample

Scope = tuple[Expr, ...]
_INDICATORS = (Delta, Distinct, Match, Mismatch, Step)


@singledispatch
def value_of(e: Expr, b: Batch, scope: Scope) -> Expr:
    """Any other node: its arguments by value."""
    return e.func(*[value_of(x, b, scope) for x in e.args]) if e.args else e


@value_of.register
def _(e: Add, b: Batch, scope: Scope) -> Expr:
    return expand(Add(*[value_of(x, b, scope) for x in e.args]))


@value_of.register
def _(e: Pow, b: Batch, scope: Scope) -> Expr:
    found = expand(e.func(*[value_of(x, b, scope) for x in e.args]))
    if found.has(zoo, nan):
        raise UndefinedValueError("it divides by zero there")
    return found


@value_of.register
def _(e: Mul, b: Batch, scope: Scope) -> Expr:
    """Indicators first: where one is 0 the rest may have a pole."""
    total: Expr = S.One
    rest = []
    for x in e.args:
        if not isinstance(x, _INDICATORS):
            rest.append(x)
            continue
        total = total * value_of(x, b, scope)
        if total == 0:
            return S.Zero
    return expand(total * _product(rest, b, scope))


def _product(factors: list[Expr], b: Batch, scope: Scope) -> Expr:
    """Of the values; 0/0 where one factor is 0 and another has a pole."""
    total, pole = S.One, None
    for x in factors:
        try:
            total = total * value_of(x, b, scope)
        except UndefinedValueError as error:
            pole = error
    if pole is None:
        return total
    if expand(total) == 0:
        raise UndefinedValueError("it divides zero by zero there")
    raise pole


@value_of.register(Delta)
@value_of.register(Distinct)
def _(e: Expr, b: Batch, scope: Scope) -> Expr:
    if any(isinstance(x, FeatureIndex) for x in e.args):
        return e
    same = same_sample(*e.args)
    if same is None:
        raise NotDeterminedError("it depends on which sample is the hardest, and all are equal")
    return S.One if same == isinstance(e, Delta) else S.Zero


@value_of.register(Match)
@value_of.register(Mismatch)
def _(e: Expr, b: Batch, scope: Scope) -> Expr:
    """Labels are an input: they stay."""
    return e


@value_of.register
def _(e: Inner, b: Batch, scope: Scope) -> Expr:
    v, i, w, j = e.args
    left, right = v.role == "centred", w.role == "centred"
    if not (left or right):
        return b.cosine(v, i, w, j)
    if b.collapsed:
        return S.Zero
    k, m = fresh(SampleIndex), fresh(SampleIndex)
    v, w = v.base, w.base
    whole = Inner(v, i, w, j)
    if left:
        whole -= IndexSum(Inner(v, k, w, j), k) / N
    if right:
        whole -= IndexSum(Inner(v, i, w, m), m) / N
    if left and right:
        whole += IndexSum(IndexSum(Inner(v, k, w, m), k), m) / N**2
    return value_of(whole, b, scope)


@value_of.register
def _(e: Component, b: Batch, scope: Scope) -> Expr:
    if not b.collapsed:
        raise NotDeterminedError("it weighs the features: the cosines do not determine it")
    view, _, feature = e.args
    if view.role == "centred":
        return S.Zero
    return Component(H if view.unit else View("z", unit=False), ANCHOR, feature)


@value_of.register
def _(e: IndexSum, b: Batch, scope: Scope) -> Expr:
    body, k = e.args
    if isinstance(k, FeatureIndex):
        return IndexSum(value_of(body, b, scope), k)
    if isinstance(k, ExtraIndex):
        return _times(M, value_of(body, b, scope), k)
    new = fresh(SampleIndex)
    own = [value_of(body.xreplace({k: s}), b, scope) for s in scope]
    other = value_of(body.xreplace({k: new}), b, (*scope, new))
    if new in free_indices(other):  # labels
        guards = [Distinct(new, s) for s in scope]
        return Add(*own, IndexSum(other * Mul(*guards), new))
    return expand(Add(*own) + (N - len(scope)) * other)


def _times(count: Expr, body: Expr, k: Expr) -> Expr:
    return IndexSum(body, k) if k in free_indices(body) else expand(count * body)


@value_of.register
def _(e: Hardest, b: Batch, scope: Scope) -> Expr:
    body, k, i = e.args
    values = _of_others(body, k, i, b, scope)
    if len(values) > 1:
        raise NotDeterminedError("the largest of several values is not known")
    return values.pop()


@value_of.register
def _(e: Top, b: Batch, scope: Scope) -> Expr:
    j, body, k, i, _ = e.args
    if same_sample(i, j) is not False:
        return S.Zero
    if len(_of_others(body, k, i, b, scope)) > 1:
        raise NotDeterminedError("the share of the hardest is not known")
    return S.One


def _of_others(body: Expr, k: Expr, i: Expr, b: Batch, scope: Scope) -> set[Expr]:
    new = fresh(SampleIndex)
    values = {value_of(body.xreplace({k: s}), b, scope) for s in scope if s != i}
    return values | {value_of(body.xreplace({k: new}), b, (*scope, new))}


@value_of.register(Stop)
@value_of.register(Named)
def _(e: Expr, b: Batch, scope: Scope) -> Expr:
    return value_of(e.value if isinstance(e, Named) else e.args[0], b, scope)


@value_of.register
def _(e: Angle, b: Batch, scope: Scope) -> Expr:
    c = value_of(e.args[0], b, scope)
    known = {S.One: S.Zero, S.NegativeOne: pi, S.Zero: pi / 2}
    return known.get(c, acos(c) if c.is_Rational and c != 1 else Angle(c))
