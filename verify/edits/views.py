"""Edits of views: the other view of the batch, a stop-gradient more or less."""

from collections.abc import Callable, Iterator

from sympy import Add, Expr, Mul

from derive.nodes import (
    Component,
    Delta,
    Distinct,
    Inner,
    Match,
    Mismatch,
    Step,
    Stop,
    Top,
    View,
    stopped,
)
from verify.edits.walk import definitions, inners, mapped, positions
from verify.edits.words import holds_embeddings, instead, shown

Found = Iterator[tuple[str, Expr]]
_PIECEWISE_CONSTANT = (Distinct, Delta, Match, Mismatch, Step, Top)
_NO_GRADIENT = (*_PIECEWISE_CONSTANT, Stop)


def other(v: View) -> View:
    """The other view of the batch, in the same role."""
    name = v.name[:-1] if v.name.endswith("'") else v.name + "'"
    return View(name, v.role, v.unit, v.stopped)


def view(e: Expr) -> Found:
    if isinstance(e, Inner):
        v, i, w, j = e.args
        for new in (Inner(other(v), i, w, j), Inner(v, i, other(w), j)):
            yield instead(new, e), new
    if isinstance(e, Component):
        new = Component(other(e.args[0]), *e.args[1:])
        yield instead(new, e), new


def view_throughout(e: Expr) -> Found:
    """All inner products of two different samples of these views, in another pair of views; all
    components of a view, in the other."""
    for v, w in _pairs(e):
        for to in ((other(v), w), (v, other(w)), (other(v), other(w))):
            text = f"⟨{to[0]}, {to[1]}⟩ for ⟨{v}, {w}⟩ of different samples"
            yield text, mapped(e, _between(v, w, to))
    for v in _of_components(e):
        yield f"the features of {other(v)} for those of {v}", mapped(e, _features(v, other(v)))


def _pairs(e: Expr) -> list[tuple[View, View]]:
    """The views of inner products of different samples."""
    found = {(x.args[0], x.args[2]) for x in inners(e) if x.args[1] != x.args[3]}
    return sorted(found, key=str)


def _between(v: View, w: View, to: tuple[View, View]) -> Callable[[Expr], Expr]:
    def changed(x: Expr) -> Expr:
        if not isinstance(x, Inner) or (x.args[0], x.args[2]) != (v, w) or x.args[1] == x.args[3]:
            return x
        return Inner(to[0], x.args[1], to[1], x.args[3])

    return changed


def _of_components(e: Expr) -> list[View]:
    bodies = [e, *[d.body for d in definitions(e)]]
    found = {x.args[0] for b in bodies for _, x in positions(b) if isinstance(x, Component)}
    return sorted(found, key=str)


def _features(v: View, to: View) -> Callable[[Expr], Expr]:
    def changed(x: Expr) -> Expr:
        return Component(to, *x.args[1:]) if isinstance(x, Component) and x.args[0] == v else x

    return changed


def stop_gradient(e: Expr) -> Found:
    """One left out; a factor or a term that is stopped and should not be."""
    if isinstance(e, Stop):
        yield instead(e.args[0], e), e.args[0]
    if isinstance(e, Inner | Component):
        for at in (0, 2) if isinstance(e, Inner) else (0,):
            if e.args[at].stopped:
                args = [x.flowing if n == at else x for n, x in enumerate(e.args)]
                yield f"no stop-gradient on {e.args[at].base} in {shown(e)}", e.func(*args)
    if isinstance(e, Mul | Add):
        for x in e.args:
            if holds_embeddings(x) and not isinstance(x, _NO_GRADIENT):
                args = [Stop(y) if y is x else y for y in e.args]
                yield f"a stop-gradient on {shown(x)}", e.func(*args)


def stop_throughout(e: Expr) -> Found:
    """The gradient of one view is stopped: everywhere, or where it is the negatives' or the
    anchors' of a pair."""
    for v, w in _pairs(e):
        for to, which in (((stopped(v), w), v), ((v, stopped(w)), w)):
            if which.stopped or which.role != "plain":
                continue
            text = f"a stop-gradient on {which} in ⟨{v}, {w}⟩ of different samples"
            if v != w:
                yield text, mapped(e, _between(v, w, to))
    plain = {x for x in _views(e) if x.role == "plain" and not x.stopped}
    for v in sorted(plain, key=str):
        yield f"a stop-gradient on {v} throughout", mapped(e, _detached(v))


def _views(e: Expr) -> set[View]:
    return {v for b in (e, *[d.body for d in definitions(e)]) for v in b.atoms(View)}


def _detached(v: View) -> Callable[[Expr], Expr]:
    def changed(x: Expr) -> Expr:
        if not isinstance(x, Inner | Component):
            return x
        return x.func(*[stopped(y) if y == v else y for y in x.args])

    return changed
