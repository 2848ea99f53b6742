"""Where an edit can be made, and the expression after it.

A name is defined once: an edit inside of it changes every use. Bodies are built again with bound
indices that nothing else has, since a definition numbers its own: one that is there already could
be captured by the number another one gets.
"""

from collections.abc import Callable, Iterator

from sympy import Expr

from derive.indices import fresh
from derive.nodes import (
    Definition,
    Hardest,
    HardestIndex,
    IndexSum,
    Inner,
    Named,
    Top,
)

Path = tuple[int, ...]
_BOUND = {IndexSum: 1, Hardest: 1, HardestIndex: 1, Top: 2}  # where a node has its bound index


def positions(e: Expr, path: Path = ()) -> Iterator[tuple[Path, Expr]]:
    """Every subexpression with the way to it, from the outermost; a name is one, whole."""
    yield path, e
    if isinstance(e, Named):
        return
    for at, x in enumerate(e.args):
        if isinstance(x, Expr):
            yield from positions(x, (*path, at))


def replaced(e: Expr, path: Path, new: Expr) -> Expr:
    """The expression with the subexpression at the end of that way replaced."""
    if not path:
        return new
    at, *rest = path
    args = list(e.args)
    args[at] = replaced(args[at], tuple(rest), new)
    return e.func(*args)


def definitions(e: Expr) -> list[Definition]:
    """Every definition an expression uses, also inside others, in a fixed order."""
    found: dict[Definition, None] = {}
    for _, node in positions(e):
        if isinstance(node, Named):
            found[node.definition] = None
            found.update(dict.fromkeys(definitions(node.definition.body)))
    return sorted(found, key=lambda d: (d.name, str(d.view)))


def with_body(d: Definition, body: Expr) -> Definition:
    """The definition of another body, under the same name."""
    return Definition(
        d.name, d.dummies, _freshly_bound(body), opaque=d.opaque, view=d.view, score=d.score
    )


def _freshly_bound(e: Expr) -> Expr:
    if not e.args or isinstance(e, Named):
        return e
    args = [_freshly_bound(x) if isinstance(x, Expr) else x for x in e.args]
    at = _BOUND.get(type(e))
    if at is not None:
        old = args[at]
        new = fresh(type(old))
        # only what the node binds: the sample of a `Top` is none of it
        body = at - 1
        args[body], args[at] = args[body].xreplace({old: new}), new
    return e.func(*args)


def mapped(e: Expr, to: Callable[[Expr], Expr]) -> Expr:
    """Every node as `to` has it, from the innermost, also inside definitions."""
    if isinstance(e, Named):
        body = mapped(e.definition.body, to)
        same = body == e.definition.body
        return to(e if same else Named(with_body(e.definition, body), *e.args[1:]))
    if not e.args:
        return to(e)
    args = [mapped(x, to) if isinstance(x, Expr) else x for x in e.args]
    return to(e if list(e.args) == args else e.func(*args))


def redefined(e: Expr, old: Definition, new: Definition) -> Expr:
    """The expression with one definition for another wherever it is used."""

    def to(x: Expr) -> Expr:
        if isinstance(x, Named) and x.definition == old:
            return Named(new, *x.args[1:])
        return x

    return mapped(e, to)


def inners(e: Expr) -> list[Inner]:
    """Every inner product, also inside definitions."""
    bodies = [e, *[d.body for d in definitions(e)]]
    return [x for body in bodies for _, x in positions(body) if isinstance(x, Inner)]
