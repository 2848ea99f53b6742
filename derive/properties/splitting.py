"""Sums seen from the free indices i and j: the terms that belong to them, and the rest."""

from collections.abc import Callable, Iterator
from itertools import product

from sympy import Add, Expr, Mul, Pow, S, Symbol

from derive.indices import fresh
from derive.nodes import (
    ANCHOR,
    NEGATIVE,
    Delta,
    Distinct,
    Index,
    IndexSum,
    Named,
    SampleIndex,
    Stop,
    free_indices,
)

APART: dict[Expr, Expr] = {Distinct(ANCHOR, NEGATIVE): S.One, Delta(ANCHOR, NEGATIVE): S.Zero}


def guarded(e: IndexSum) -> tuple[list[Expr], Expr]:
    """The conditions k ≠ · of a sum over k, and the rest of its body."""
    body, k = e.args
    factors = Mul.make_args(body)
    guards = [x for x in factors if isinstance(x, Distinct) and k in x.args]
    return guards, Mul(*[x for x in factors if x not in guards])


def peeled(e: IndexSum) -> tuple[list[Index], Expr]:
    """The indices of nested sums, renamed, and the body under them."""
    bound: list[Index] = []
    body: Expr = e
    while isinstance(body, IndexSum):
        inner, k = body.args
        bound.append(fresh(type(k)))
        body = inner.xreplace({k: bound[-1]})
    return bound, body


def instances(e: IndexSum, samples: tuple[Index, ...]) -> Iterator[Expr]:
    """The terms of a sum over samples at which each bound index is one of those given."""
    bound, body = peeled(e)
    if not all(isinstance(k, SampleIndex) for k in bound):
        return
    for chosen in product(samples, repeat=len(bound)):
        term = body.xreplace(dict(zip(bound, chosen, strict=True))).xreplace(APART)
        if term != 0:
            yield term


def split_sums(e: Expr, nonnegative: Callable[[Expr], bool]) -> Expr:
    """e with every sum of non-negative terms as its terms at i and j and a rest ≥ 0 by a symbol.

    Exact: the rest is what it is; a result of it says what holds whatever it is.
    """
    samples = tuple(k for k in (ANCHOR, NEGATIVE) if k in free_indices(e))
    names: dict[Expr, Symbol] = {}

    def split(x: Expr) -> Expr:
        if isinstance(x, IndexSum) and nonnegative(x.args[0]):
            rest = names.setdefault(x, Symbol(f"_rest{len(names)}", nonnegative=True))
            return Add(*instances(x, samples), rest)
        if isinstance(x, Add | Mul | Pow):
            return x.func(*map(split, x.args))
        return x

    return split(e) if samples else e


def other_sample(i: Expr, j: Expr) -> bool | None:
    """Whether two indices stand for different samples; None where that depends on the batch."""
    if i == j:
        return False
    if Distinct(i, j) == 1 or {i, j} == {ANCHOR, NEGATIVE}:
        return True
    return None


def written_out(e: Expr) -> Expr:
    """No named intermediate left: what a sign or a direction is read from."""
    while names := {x: x.value for x in e.atoms(Named)}:
        e = e.xreplace(names)
    return e


def without_stops(e: Expr) -> Expr:
    """What is stopped by its value: a stop-gradient changes no number."""
    while stops := {x: x.args[0] for x in e.atoms(Stop)}:
        e = e.xreplace(stops)
    return e
