"""Named intermediates of a formula: a covariance, a standard deviation, the positive's score."""

from typing import Any

from sympy import Atom, Expr

from derive.errors import ObjectiveError
from derive.nodes.base import Node
from derive.nodes.selection import free_indices
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
