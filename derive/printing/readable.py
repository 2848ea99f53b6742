"""How an expression is read: rewritings and orders for print, before anything is laid out."""

import re
from collections.abc import Iterator, Mapping

from sympy import Add, Expr, Mul
from sympy.core.numbers import Number

from derive.nodes import (
    Angle,
    Cos,
    Distinct,
    Hardest,
    HardestIndex,
    Index,
    IndexSum,
    Inner,
    Named,
    View,
    free_indices,
    label,
)


def sides_of_gate(e: Expr) -> tuple[Expr, Expr]:
    """x > 0 as left > right, without minus signs."""
    terms = Add.make_args(e)
    right = [-x for x in terms if x.could_extract_minus_sign()]
    return Add(*[x for x in terms if not x.could_extract_minus_sign()]), Add(*right)


def guarded(body: Expr, k: Index) -> tuple[Expr, Expr | None]:
    """The body without its condition k ≠ other, and that other index."""
    for x in Mul.make_args(body):
        if isinstance(x, Distinct) and k in x.args:
            other = next(y for y in x.args if y != k)
            return Mul(*[y for y in Mul.make_args(body) if y is not x]), other
    return body, None


def product_of_distance(e: Add) -> Inner | None:
    """⟨v_i, w_j⟩ if the sum is ‖v_i‖² + ‖w_j‖² − 2⟨v_i, w_j⟩."""
    for x in e.args:
        if isinstance(x, Mul) and x.args[0] == -2 and isinstance(x.args[1], Inner):
            v, i, w, j = x.args[1].args
            if e == Inner(v, i, v, i) + Inner(w, j, w, j) - 2 * x.args[1]:
                return x.args[1]
    return None


def free_first(e: Inner, bound: Mapping[Expr, str]) -> tuple[View, Expr, View, Expr]:
    """The arguments as one writes c_ij: within a view free indices first, a hardest one last."""
    v, i, w, j = e.args
    if v != w:
        return v, i, w, j

    def rank(k: Expr) -> tuple[bool, bool, str]:
        return isinstance(k, HardestIndex), k in bound, bound.get(k, label(k))

    i, j = sorted((i, j), key=rank)
    return v, i, w, j


class Least(Hardest):
    """min over k ≠ i of the body: only for print."""

    __slots__ = ()


def extreme(e: Hardest | HardestIndex) -> Hardest:
    """What is sought, without minus signs: the arg max of −x is the arg min of x."""
    body, k, i = e.args
    return Least(-body, k, i) if body.could_extract_minus_sign() else Hardest(body, k, i)


def readable(e: Expr, *, score_by_name: bool = False, angles: bool = False) -> Expr:
    """The score written out, max of −x as −min of x, cos(arccos x) as x (not with `angles`)."""
    if not score_by_name:
        e = e.xreplace({x: x.value for x in e.atoms(Named) if x.definition.score})
    if not angles:
        cosines = [x for x in e.atoms(Cos) if isinstance(x.args[0], Angle)]
        e = e.xreplace({x: x.args[0].args[0] for x in cosines})
    sought = {x: extreme(x) for x in e.atoms(Hardest) if not isinstance(x, Least)}
    return e.xreplace({x: -y for x, y in sought.items() if isinstance(y, Least)})


def reading_order(e: Expr, bound: Mapping[Expr, str]) -> tuple[int, int, str]:
    """Numbers, symbols, own scores, gates, then sums; short before long.

    Bound indices count by the letters they print as (those bound inside come last): their own
    names are numbered as they come.
    """
    letters = {k.name: letter for k, letter in bound.items()}
    text = re.sub(r"_[A-Z]\d+", lambda found: letters.get(found.group(), "~"), str(e))
    if isinstance(e, Number | Angle):
        return (0, 0, text)
    if not e.args:
        return (1, 0, text)
    has_sum = any(isinstance(x, IndexSum | Hardest) for x in preorder(e))
    has_index = bool(free_indices(e)) or has_sum
    return (4 if has_sum else 3 if has_index else 2, len(text), text)


def preorder(e: Expr) -> Iterator[Expr]:
    yield e
    if isinstance(e, Named):
        return
    for x in e.args:
        yield from preorder(x)
