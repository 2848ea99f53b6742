"""Coefficients as functions of plain cosines, where all the samples they name differ."""

from itertools import combinations, product

from sympy import Add, Expr, Mul, S

from derive.canonical import for_print, for_proof
from derive.errors import ObjectiveError
from derive.identity import vanishes
from derive.indices import fresh
from derive.nodes import (
    Component,
    Delta,
    Distinct,
    HardestIndex,
    IndexSum,
    Inner,
    N,
    Named,
    SampleIndex,
    free_indices,
)
from derive.verdict import Verdict


def plain(e: Expr) -> Expr:
    """A coefficient as a function of cosines: what is named written out, centred views as well.

    Raises `ObjectiveError` where features are weighed one by one.
    """
    while names := e.atoms(Named):
        e = e.xreplace({x: x.value for x in names})
    e = for_print(e)
    if e.has(Component):
        raise ObjectiveError("the coefficients depend on single features, not on cosines alone.")
    centred = [x for x in e.atoms(Inner) if "centred" in (x.args[0].role, x.args[2].role)]
    return for_print(e.xreplace({x: _less_means(x) for x in centred})) if centred else e


def _less_means(e: Inner) -> Expr:
    """⟨v_i − mean, w_j − mean⟩ in plain inner products."""
    v, i, w, j = e.args
    sides = []
    for view, index in ((v, i), (w, j)):
        k = fresh(SampleIndex)
        own = [(S.One, view.base, index, None)]
        sides.append([*own, (-1 / N, view.base, k, k)] if view.role == "centred" else own)
    total: list[Expr] = []
    for (c, x, p, m), (d, y, q, n) in product(*sides):
        term = c * d * Inner(x, p, y, q)
        for bound in (m, n):
            term = term if bound is None else IndexSum(term, bound)
        total.append(term)
    return Add(*total)


def apart(e: Expr) -> Expr:
    """The expression where all the samples that it names differ, in print form."""
    names = sorted((x for x in free_indices(e) if isinstance(x, SampleIndex)), key=str)
    guards: dict[Expr, Expr] = {}
    for x, y in combinations(names, 2):
        guards |= {Distinct(x, y): S.One, Delta(x, y): S.Zero}
    e = for_print(for_print(e).xreplace(guards))
    return Add(*[x for x in Add.make_args(e) if not _excluded(x)])


def _excluded(term: Expr) -> bool:
    """Two samples that differ are not both the hardest negative of one anchor."""
    picked: dict[Expr, Expr] = {}
    for x in Mul.make_args(term):
        if isinstance(x, Delta):
            hardest = [k for k in x.args if isinstance(k, HardestIndex)]
            other = [k for k in x.args if not isinstance(k, HardestIndex)]
            if len(hardest) == len(other) == 1:
                first = picked.setdefault(hardest[0], other[0])
                if first != other[0]:
                    return True
    return False


def agree(x: Expr, y: Expr) -> bool:
    """Whether two expressions are proved equal where all their samples differ."""
    return vanishes(for_proof(apart(x - y))) is Verdict.PROVED
