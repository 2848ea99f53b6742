"""Expressions as sums of terms: a coefficient, a bag of factors, the indices they are summed over.

A named intermediate is its definition here, so that one written by features can be done by samples.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import prod
from typing import NamedTuple

from sympy import Add, Expr, Mul, Pow, Symbol, lambdify, preorder_traversal
from sympy.core.numbers import Number

from derive.indices import fresh
from derive.nodes import (
    Index,
    IndexSum,
    Inner,
    Named,
    SampleIndex,
    Stop,
    View,
    free_indices,
)
from derive.torch.logarithms import is_exponential

_MOST_TERMS = 64  # of one product written out; a longer one is evaluated factor by factor


class Term(NamedTuple):
    """Π scalars · Σ over `bound` of Π factors."""

    scalars: tuple[Expr, ...] = ()
    factors: tuple[Expr, ...] = ()
    bound: tuple[Index, ...] = ()


def samples(e: Expr) -> frozenset[Index]:
    """The sample indices that an expression depends on."""
    return frozenset(k for k in free_indices(e) if isinstance(k, SampleIndex))


@lru_cache(maxsize=4096)
def terms(e: Expr) -> tuple[Term, ...]:
    """An expression as a sum of terms, every bound index fresh."""
    return tuple(_terms(e))


@lru_cache(maxsize=4096)
def scalar_terms(e: Expr) -> tuple[Term, ...]:
    """A scalar as a sum of terms; what is no sum of products times constants is a factor."""
    out = []
    for x in Add.make_args(e):
        factors = Mul.make_args(x)
        sums = [y for y in factors if isinstance(y, IndexSum) and not is_exponential(y)]
        if len(sums) == 1:
            rest = tuple(y for y in factors if y is not sums[0])
            out += [Term(rest + t.scalars, t.factors, t.bound) for t in terms(sums[0])]
        else:
            out.append(Term(factors))
    return tuple(out)


def _terms(e: Expr) -> list[Term]:
    if isinstance(e, Add) and _divided(e):
        return [term for x in e.args for term in _terms(x)]
    if isinstance(e, Mul):
        return _product(e.args)
    if isinstance(e, IndexSum) and not is_exponential(e):
        body, k = e.args
        new = fresh(type(k))
        inside = _terms(body.xreplace({k: new}))
        return [Term(x.scalars, x.factors, (*x.bound, new)) for x in inside]
    return _factor(e)


def _product(factors: Sequence[Expr]) -> list[Term]:
    lists = [_factor(x) for x in factors]
    if prod(map(len, lists)) > _MOST_TERMS:
        lists = [[Term((), (y,))] if len(x) > 1 else x for x, y in zip(lists, factors, strict=True)]
    out = [Term()]
    for more in lists:
        out = [Term(*(a + b for a, b in zip(x, y, strict=True))) for x in out for y in more]
    return out


def _divided(x: Expr) -> bool:
    """Whether a factor is taken apart: a matrix, or a row of samples with a sum in it, which may
    cost less once that row is summed over."""
    own = free_indices(x)
    return len(own) > 1 or (len(own) == len(samples(x)) == 1 and x.has(IndexSum))


def _factor(x: Expr) -> list[Term]:
    own = free_indices(x)
    if not own:
        return [Term(Mul.make_args(x))]
    if _divided(x) and not is_exponential(x):
        if isinstance(x, Stop):
            return _factor(x.args[0])
        if isinstance(x, Named):
            return _factor(x.value)
        if isinstance(x, Add | Mul | IndexSum):
            return _terms(x)
        if isinstance(x, Pow) and x.exp == 2:
            return _product((x.base, x.base))
    return [Term((), (x,))]


@lru_cache(maxsize=4096)
def constant(e: Expr) -> tuple[tuple[str, ...], Callable[..., float]] | None:
    """A function of hyper-parameters and sizes as their names and plain arithmetic of them; None
    for anything else."""
    for x in preorder_traversal(e):
        if isinstance(x, Pow) and not x.exp.is_Integer:
            return None  # a root of a tensor is not the root of a number
        if not isinstance(x, Symbol | Number | Add | Mul | Pow) or isinstance(x, Index):
            return None
    symbols = sorted(e.free_symbols, key=str)
    return tuple(x.name for x in symbols), lambdify(symbols, e, modules="math")


@lru_cache(maxsize=4096)
def value_of(e: Named) -> Expr:
    """The definition of a named intermediate, at its indices."""
    return e.value


@lru_cache(maxsize=4096)
def squared_distance(e: Add) -> tuple[Expr, View, View, Index] | None:
    """(c, v, w, i) of c(⟨v_i, v_i⟩ − 2⟨v_i, w_i⟩ + ⟨w_i, w_i⟩), which loses no digits as
    c‖v_i − w_i‖²."""
    own = dict(y.as_independent(Inner, as_Add=False)[::-1] for y in e.args)
    if len(own) != 3 or not all(isinstance(x, Inner) for x in own):
        return None
    for x, c in own.items():
        v, i, w, j = x.args
        if v != w and i == j:
            norms = Inner(v, i, v, i), Inner(w, i, w, i)
            if all(own.get(y) == -c / 2 for y in norms):
                return -c / 2, v, w, i
    return None
