"""Coefficients of pairs as what is done with them: matrix products, or additions of rows.

Dense coefficients become two matrix products a tile, A·W and Aᵀ·V; one if A is symmetric. A
coefficient that is nonzero at one sample a row becomes additions of rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from sympy import Add, Expr, Mul, S, expand

from derive.canonical import for_print
from derive.nodes import (
    ANCHOR,
    NEGATIVE,
    Delta,
    Distinct,
    HardestIndex,
    IndexSum,
    Named,
    View,
    free_indices,
)
from derive.similarity import Pair
from derive.torch.reductions import as_reduction

SWAPPED = {ANCHOR: NEGATIVE, NEGATIVE: ANCHOR}


@dataclass(frozen=True)
class OneHot:
    """weight_i · there_j at j = index(i), zero elsewhere; there: over NEGATIVE."""

    weight: Expr
    there: Expr
    index: Expr


@dataclass(frozen=True)
class Matrix:
    """A coefficient of (i, j), j ≠ i: a dense part and parts at one index a row."""

    dense: Expr
    one_hot: tuple[OneHot, ...] = ()

    @property
    def expressions(self) -> list[Expr]:
        return [self.dense, *[y for x in self.one_hot for y in (x.weight, x.there, x.index)]]

    @cached_property
    def factors(self) -> tuple[Expr, Expr]:
        """The dense part as (what depends on the anchor alone) × (the rest)."""
        factors = Mul.make_args(self.dense)
        row = [x for x in factors if free_indices(x) <= {ANCHOR}]
        return Mul(*row), Mul(*[x for x in factors if x not in row])


@dataclass(frozen=True)
class Flow:
    """dV_i += Σ_j A_ij w_j; and, if `back`, dW_j += Σ_i A_ij v_i. One-hot parts flow both ways."""

    left: View
    right: View
    matrix: Matrix
    back: bool


def symmetric_flows(pair: Pair) -> list[Flow]:
    """One-hot terms with their mirror image as one flow both ways, the rest as it is."""
    terms = list(_terms(pair.coefficient))
    hot: list[OneHot] = []
    for term in list(terms):
        found = _one_hot(term)
        mirror = term.xreplace(SWAPPED)
        if found is not None and term in terms and mirror in terms:
            hot.append(found)
            terms.remove(term)
            terms.remove(mirror)
    flows = []
    if terms:
        flows.append(Flow(pair.left, pair.right, Matrix(_collected(terms)), back=False))
    if hot:
        flows.append(Flow(pair.left, pair.right, Matrix(S.Zero, tuple(hot)), back=True))
    return flows


def _terms(coefficient: Expr) -> Iterable[Expr]:
    named = [x for x in coefficient.atoms(Named) if len(free_indices(x)) > 1]
    written = coefficient.xreplace({x: x.value for x in named})
    if not written.has(Delta):
        return Add.make_args(coefficient)
    return Add.make_args(expand(for_print(written)))


def matrix_of(coefficient: Expr) -> Matrix:
    dense, one_hot = [], []
    for term in _terms(coefficient):
        found = _one_hot(term)
        if found is None:
            dense.append(term)
        else:
            one_hot.append(found)
    return Matrix(_collected(dense), tuple(one_hot))


def _collected(terms: Iterable[Expr]) -> Expr:
    """The sum of terms, those of one function of (i, j) together: e_ij (u_i + w_j)."""
    groups: dict[Expr, list[Expr]] = {}
    for term in terms:
        factors = Mul.make_args(term)
        pair = [x for x in factors if len(free_indices(x)) > 1]
        groups.setdefault(Mul(*pair), []).append(Mul(*[x for x in factors if x not in pair]))
    return Add(*[pair * Add(*rest) for pair, rest in groups.items()])


def _one_hot(term: Expr) -> OneHot | None:
    factors = Mul.make_args(term)
    for x in factors:
        if isinstance(x, Delta) and NEGATIVE in x.args:
            index = next(y for y in x.args if y != NEGATIVE)
            if isinstance(index, HardestIndex) and free_indices(index) == {ANCHOR}:
                there = [y for y in factors if free_indices(y) == {NEGATIVE}]
                rest = Mul(*[y for y in factors if y is not x and y not in there])
                return OneHot(rest.xreplace({NEGATIVE: index}), Mul(*there), index)
    return None


def turned(term: Expr) -> tuple[Expr, Expr] | None:
    """The summand of a sum down a column, as the part of its anchor: Σ_k f(k, i) as f(i, j), and
    the summand at k = i."""
    factors = Mul.make_args(term)
    for x in factors:
        if isinstance(x, IndexSum) and free_indices(x) == {ANCHOR}:
            body, k = x.args
            picks = any(
                isinstance(y, Delta) and any(isinstance(z, HardestIndex) for z in y.args)
                for y in Mul.make_args(body)
            )
            if picks or as_reduction(x).kind == "column":
                outside = Mul(*[y for y in factors if y is not x])
                moved = outside.xreplace({ANCHOR: NEGATIVE}) * body.xreplace(
                    {ANCHOR: NEGATIVE, k: ANCHOR}
                )
                own = outside * _at_itself(body, k)
                return moved.xreplace({Distinct(ANCHOR, NEGATIVE): S.One}), own
    return None


def _at_itself(body: Expr, k: Expr) -> Expr:
    """A summand at k = i: 0 if a condition of it is, whatever its other factors are there."""
    factors = Mul.make_args(body)
    conditions = [x.xreplace({k: ANCHOR}) for x in factors if isinstance(x, Delta | Distinct)]
    return S.Zero if 0 in conditions else for_print(body.xreplace({k: ANCHOR}))
