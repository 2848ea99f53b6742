"""Named intermediates of a formula: a covariance, a standard deviation, the positive's score."""

import itertools
from collections.abc import Callable
from typing import Any

from sympy import Atom, Expr

from derive.errors import ObjectiveError
from derive.nodes.base import IndexSum, Node
from derive.nodes.selection import Hardest, HardestIndex, Top, free_indices
from derive.nodes.views import Index, View


class Definition(Atom):
    """A named intermediate: name, the indices it is defined over, its body.

    opaque: kept by name when expressions are put in normal form (a standard deviation, the
    positive's score); otherwise it is expanded there. view: the view it is a statistic of.
    score: it is what the loss compares with the negatives (at most one a loss).

    Raises `ObjectiveError` if the body depends on an index it is not defined over.
    """

    __slots__ = ("body", "dummies", "name", "opaque", "score", "view")
    name: str
    dummies: tuple[Index, ...]
    body: Expr
    opaque: bool
    view: View | None
    score: bool

    def __new__(
        cls,
        name: str,
        dummies: tuple[Index, ...],
        body: Expr,
        *,
        opaque: bool = False,
        view: View | None = None,
        score: bool = False,
    ) -> "Definition":
        undeclared = free_indices(body) - set(dummies)
        if undeclared:
            raise ObjectiveError(
                f"the definition of {name} depends on {', '.join(sorted(map(str, undeclared)))}, "
                "which it does not declare. Add the index to its indices and call it with one."
            )
        new = Atom.__new__(cls)
        body = _bound_apart(body, name, view)
        new.name, new.dummies, new.body, new.opaque = name, tuple(dummies), body, opaque
        new.view, new.score = view, score
        return new

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, self.dummies, self.body, self.opaque, self.score)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _define, (*self._hashable_content(), self.view)

    def _sympystr(self, printer: Any) -> str:
        return self.name if self.view is None else f"{self.name}[{printer.doprint(self.view)}]"

    def __call__(self, *indices: Expr) -> "Named":
        return Named(self, *indices)


_BOUND = {IndexSum: 1, Hardest: 1, HardestIndex: 1, Top: 2}  # where a node has its bound index
_numbers: dict[tuple[str, View | None], int] = {}
_passing = itertools.count()


def _bound_apart(body: Expr, name: str, view: View | None) -> Expr:
    """The body with bound indices that no other expression has: an index the definition is called
    at would be captured by one of the same name.

    By way of names that nothing has: a body that was taken from another definition may hold the
    very numbers that are given here, on an outer sum.
    """
    first = 1000 * _numbers.setdefault((name, view), len(_numbers))
    numbers = itertools.count(first)
    apart = _renamed(body, lambda kind: kind(f"_P{next(_passing)}"))
    return _renamed(apart, lambda kind: kind(f"_Q{next(numbers)}"))


def _renamed(e: Expr, new_index: Callable[[type[Index]], Index]) -> Expr:
    """With every bound index renamed, inner sums first."""
    if not e.args:
        return e
    args = [_renamed(x, new_index) if isinstance(x, Expr) else x for x in e.args]
    at = _BOUND.get(type(e))
    if at is None:
        return e.func(*args)
    old = e.args[at]
    new = new_index(type(old))
    return e.func(*[x.xreplace({old: new}) for x in args])


def _define(name: str, dummies: Any, body: Expr, opaque: bool, score: bool, view: Any) -> Any:
    return Definition(name, dummies, body, opaque=opaque, view=view, score=score)


class Named(Node):
    """A named intermediate at given indices. Arguments: definition, indices."""

    __slots__ = ()

    @property
    def value(self) -> Expr:
        """The definition's body at these indices."""
        definition, *indices = self.args
        return definition.body.xreplace(dict(zip(definition.dummies, indices, strict=True)))

    @property
    def definition(self) -> Definition:
        found: Definition = self.args[0]
        return found
