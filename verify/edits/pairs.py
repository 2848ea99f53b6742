"""Edits of who is compared with whom: rows for columns, the sample itself among the others."""

from collections.abc import Callable, Iterator

from sympy import Expr, Mul, S

from derive.nodes import Distinct, Hardest, Hinge, IndexSum, Inner, Named, View, free_indices
from verify.edits.walk import inners, mapped
from verify.edits.words import instead, shown

Found = Iterator[tuple[str, Expr]]


def index(e: Expr) -> Found:
    """⟨v_j, w_i⟩ for ⟨v_i, w_j⟩, C_ba for C_ab."""
    if isinstance(e, Inner) and e.args[0] != e.args[2] and e.args[1] != e.args[3]:
        yield instead(_turned(e), e), _turned(e)
    if isinstance(e, Named) and len(e.args) == 3 and e.args[1] != e.args[2]:
        new = Named(e.definition, e.args[2], e.args[1])
        yield instead(new, e), new


def _turned(e: Expr) -> Expr:
    v, i, w, j = e.args
    return Inner(v, j, w, i)


def index_throughout(e: Expr) -> Found:
    found = {(x.args[0], x.args[2]) for x in inners(e) if x.args[1] != x.args[3]}
    for v, w in sorted(found, key=str):
        if v != w:
            yield f"rows for columns of ⟨{v}, {w}⟩", mapped(e, _transposed(v, w))


def _transposed(v: View, w: View) -> Callable[[Expr], Expr]:
    def changed(x: Expr) -> Expr:
        of_pair = isinstance(x, Inner) and (x.args[0], x.args[2]) == (v, w)
        return _turned(x) if of_pair and x.args[1] != x.args[3] else x

    return changed


def self_pair(e: Expr) -> Found:
    """The sample itself in a sum or a maximum that leaves it out, or left out of a sum."""
    if isinstance(e, Distinct):
        yield f"without {shown(e)}", S.One
    if isinstance(e, Hardest):
        body, k, i = e.args
        own = body.xreplace({k: i})
        yield f"{shown(own)} too in {shown(e)}", e + Hinge(own - e)
    if isinstance(e, IndexSum):
        body, k = e.args
        if any(isinstance(x, Distinct) and k in x.args for x in Mul.make_args(body)):
            return
        for i in sorted(free_indices(e), key=str):
            if type(i) is type(k):
                new = IndexSum(body * Distinct(k, i), k)
                yield instead(new, e), new
