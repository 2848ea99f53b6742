"""How an expression is read: rewritings and orders for print, before anything is laid out."""

from collections.abc import Iterator

from sympy import Add, Expr, Mul
from sympy.core.numbers import Number

from derive.indices import free_indices
from derive.nodes import Angle, Distinct, Hardest, Index, IndexSum, Inner, Named, View


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


def distance_sides(e: Add) -> tuple[View, Expr, View, Expr] | None:
    """v, i, w, j if the sum is ‖v_i‖² + ‖w_j‖² − 2⟨v_i, w_j⟩."""
    for x in e.args:
        if isinstance(x, Mul) and x.args[0] == -2 and isinstance(x.args[1], Inner):
            v, i, w, j = x.args[1].args
            if e == Inner(v, i, v, i) + Inner(w, j, w, j) - 2 * x.args[1]:
                return v, i, w, j
    return None


class Least(Hardest):
    """min over k ≠ i of the body: only for print."""

    __slots__ = ()


def readable(e: Expr) -> Expr:
    """The score written out, and max of −x as −min of x."""
    scores = {x: x.value for x in e.atoms(Named) if x.definition.name == "s"}
    e = e.xreplace(scores)
    maxima = {}
    for x in e.atoms(Hardest):
        body, k, i = x.args
        if body.could_extract_minus_sign():
            maxima[x] = -Least(-body, k, i)
    return e.xreplace(maxima)


def reading_order(e: Expr) -> tuple[int, int, str]:
    """Numbers, symbols, own scores, gates, then sums; short before long."""
    text = str(e)
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
