"""What an objective is: the formula and its specification. One file a loss subclasses this.

Everything else (gradient, decomposition, code, plots) is derived from `terms`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar, Literal, final

from sympy import Add, Expr

from derive.errors import ObjectiveError
from derive.hyper import Hyper, read_settings
from derive.nodes import ANCHOR, H_PRIME, Definition, H, Named, View

Terms = Mapping[str, Expr]
CROSS: View = H_PRIME  # negatives h'_j
SAME: View = H  # negatives h_j


@dataclass(frozen=True)
class PrintedRow:
    """A row of components as a paper prints it: a claim, compared with what is derived.

    The three functions take the anchor i, a negative j and the hyper-parameters.
    """

    source: str
    dissipation: Callable[..., Expr]
    weight: Callable[..., Expr]
    ratio: Callable[..., Expr]


_STATED = ("title", "source", "differentiated", "reduction", "pool")


class Objective(ABC):
    """A loss over a batch of N pairs (h_i, h'_i) of unit vectors in R^D.

    differentiated: "anchor", one anchor's term L_i by its own embedding h_i; "batch", one scalar
    of the batch. reduction: how the training scalar is made. pool: the view of the negatives.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    differentiated: ClassVar[Literal["anchor", "batch"]]
    reduction: ClassVar[str]
    pool: ClassVar[View]
    stop_gradients: ClassVar[str] = "none"
    hyper: ClassVar[tuple[Hyper, ...]] = ()
    printed: ClassVar[tuple[PrintedRow, ...]] = ()
    notes: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        """A loss names itself after its class unless it says otherwise, and states the rest."""
        super().__init_subclass__()
        if "name" not in cls.__dict__:
            cls.name = cls.__name__.lower()
        missing = [x for x in _STATED if not hasattr(cls, x)]
        if missing:
            raise ObjectiveError(
                f"{cls.__name__} does not state {', '.join(missing)}. Set "
                f"{'it' if len(missing) == 1 else 'them'} in the class; see derive/objective.py."
            )
        if cls.differentiated not in ("anchor", "batch"):
            raise ObjectiveError(
                f"{cls.__name__}.differentiated is {cls.differentiated!r}. "
                "Choose 'anchor' or 'batch'."
            )

    @abstractmethod
    def terms(self, i: Expr, x: Any) -> Expr | Terms:
        """The formula: one expression, or named summands.

        i: the anchor's index (a batch scalar ignores it). x: hyper-parameters as attributes.
        """

    @final
    def parameters(self, settings: Mapping[str, object] | None = None) -> SimpleNamespace:
        """Hyper-parameters as attributes: symbols, or exact values where they are set."""
        values = read_settings(self.hyper, settings or {})
        return SimpleNamespace(**{x.name: values.get(x.name, x.symbol) for x in self.hyper})

    @final
    def summands(self, settings: Mapping[str, object] | None = None) -> dict[str, Expr]:
        """The named summands of L_i (or of the batch scalar), anchor i."""
        terms = self.terms(ANCHOR, self.parameters(settings))
        summands = dict(terms) if isinstance(terms, Mapping) else {"": terms}
        scores = {score for term in summands.values() for score in positive_scores(term)}
        if len(scores) > 1:
            raise ObjectiveError(
                f"{self.name} declares several positive scores ({', '.join(map(str, scores))}). "
                "Declare one with `score` and use it in every term."
            )
        return summands

    @final
    def formula(self, settings: Mapping[str, object] | None = None) -> Expr:
        """L_i (or the batch scalar) as one expression."""
        return Add(*self.summands(settings).values())

    @final
    def defaults(self, settings: Mapping[str, object] | None = None) -> dict[str, Expr]:
        """Every hyper-parameter's value: as set, or its default (which may contain N and D)."""
        values = read_settings(self.hyper, settings or {})
        return {x.name: values.get(x.name, x.default) for x in self.hyper}


def positive_scores(e: Expr) -> set[Definition]:
    """The definitions of the positive's score that an expression uses."""
    return {x for x in definitions_in(e) if x.score}


def definitions_in(e: Expr) -> set[Definition]:
    """Every definition an expression uses, also inside other definitions."""
    found: set[Definition] = set()
    for node in e.atoms(Named):
        found |= {node.definition} | definitions_in(node.definition.body)
    return found
