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
from derive.expressions.constants import in_nodes
from derive.hyper import Hyper, read_settings
from derive.nodes import ANCHOR, H_PRIME, Z_PRIME, Definition, H, Named, Stop, View, Z

Terms = Mapping[str, Expr]
Pool = Literal["cross-view", "same-view", "both views", "none"]
CROSS: Pool = "cross-view"  # negatives h'_j
SAME: Pool = "same-view"  # negatives h_j
BOTH: Pool = "both views"
NONE: Pool = "none"
MEAN = "mean over anchors"  # how terms of anchors are reduced


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
_CHOICES = {
    "differentiated": ("anchor", "batch"),
    "pool": (CROSS, SAME, BOTH, NONE),
    "embeddings": ("unit", "raw"),
}


class Objective(ABC):
    """A loss over a batch of N pairs (h_i, h'_i) in R^D.

    differentiated: "anchor", one anchor's term L_i by its own embedding h_i; "batch", one scalar
    of the batch. reduction: how the training scalar is made. pool: the view of the negatives.
    embeddings: "unit" vectors (views H and H_PRIME), or "raw" ones (Z and Z_PRIME). inputs: what
    the loss takes beside the two views: "labels", (N,), or arrays of sample numbers, (N, M).
    presets: named settings of the hyper-parameters, from the sources.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    differentiated: ClassVar[Literal["anchor", "batch"]]
    reduction: ClassVar[str]
    pool: ClassVar[Pool]
    embeddings: ClassVar[Literal["unit", "raw"]] = "unit"
    inputs: ClassVar[tuple[str, ...]] = ()
    stop_gradients: ClassVar[str] = "none"
    hyper: ClassVar[tuple[Hyper, ...]] = ()
    printed: ClassVar[tuple[PrintedRow, ...]] = ()
    notes: ClassVar[tuple[str, ...]] = ()
    presets: ClassVar[Mapping[str, Mapping[str, str]]] = {}

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
        for attribute, known in _CHOICES.items():
            if getattr(cls, attribute) not in known:
                raise ObjectiveError(
                    f"{cls.__name__}.{attribute} is {getattr(cls, attribute)!r}. "
                    f"Choose {' or '.join(map(repr, known))}."
                )
        if cls.differentiated == "anchor" and cls.reduction != MEAN:
            raise ObjectiveError(
                f"{cls.__name__}.reduction is {cls.reduction!r}; one anchor's terms are trained as "
                f"their {MEAN!r}. Write another reduction as a scalar of the batch."
            )

    @property
    def anchor(self) -> View:
        """The view of the anchors h_i."""
        return H if self.embeddings == "unit" else Z

    @property
    def positive(self) -> View:
        """The view of the positives h'_i."""
        return H_PRIME if self.embeddings == "unit" else Z_PRIME

    @property
    def pools(self) -> tuple[View, ...]:
        """The views of the negatives."""
        views = {CROSS: (self.positive,), SAME: (self.anchor,), NONE: ()}
        return views.get(self.pool, (self.positive, self.anchor))

    @abstractmethod
    def terms(self, i: Expr, x: Any) -> Expr | Terms:
        """The formula: one expression, or named summands.

        i: the anchor's index (a batch scalar ignores it). x: hyper-parameters as attributes.
        """

    @final
    def parameters(self, settings: Mapping[str, object] | None = None) -> SimpleNamespace:
        """Hyper-parameters as attributes: symbols, or exact values where they are set."""
        values = read_settings(self.hyper, settings or {})
        fixed = {name: in_nodes(value) for name, value in values.items()}
        return SimpleNamespace(**{x.name: fixed.get(x.name, x.symbol) for x in self.hyper})

    @final
    def summands(self, settings: Mapping[str, object] | None = None) -> dict[str, Expr]:
        """The named summands of L_i (or of the batch scalar), anchor i."""
        terms = self.terms(ANCHOR, self.parameters(settings))
        summands = dict(terms) if isinstance(terms, Mapping) else {"": terms}
        self._check(summands)
        scores = {score for term in summands.values() for score in positive_scores(term)}
        if len(scores) > 1:
            raise ObjectiveError(
                f"{self.name} declares several positive scores ({', '.join(map(str, scores))}). "
                "Declare one with `score` and use it in every term."
            )
        return summands

    def _check(self, summands: Mapping[str, Expr]) -> None:
        """The formula is in the views and has the stop-gradients that the specification states."""
        formula = Add(*summands.values())
        views = {v.base for e in (formula, *_bodies(formula)) for v in e.atoms(View)}
        strange = views - {self.anchor, self.positive}
        if strange:
            raise ObjectiveError(
                f"{self.name} states embeddings = {self.embeddings!r}, and its formula holds "
                f"{', '.join(sorted(map(str, strange)))}. Write it in {self.anchor} and "
                f"{self.positive} (views H and H_PRIME of unit embeddings, Z and Z_PRIME of raw)."
            )
        stops = any(
            e.has(Stop) or any(v.stopped for v in e.atoms(View))
            for e in (formula, *_bodies(formula))
        )
        if stops != (self.stop_gradients != "none"):
            raise ObjectiveError(
                f"{self.name} states stop_gradients = {self.stop_gradients!r}, and its formula "
                f"{'has some' if stops else 'has none'}. State what is stopped."
            )

    @final
    def formula(self, settings: Mapping[str, object] | None = None) -> Expr:
        """L_i (or the batch scalar) as one expression."""
        return Add(*self.summands(settings).values())

    @final
    def defaults(self, settings: Mapping[str, object] | None = None) -> dict[str, Expr]:
        """Every hyper-parameter's value: as set, or its default (which may contain N and D)."""
        values = read_settings(self.hyper, settings or {})
        return {x.name: values.get(x.name, x.default) for x in self.hyper}


def _bodies(e: Expr) -> list[Expr]:
    return [x.body for x in definitions_in(e)]


def positive_scores(e: Expr) -> set[Definition]:
    """The definitions of the positive's score that an expression uses."""
    return {x for x in definitions_in(e) if x.score}


def definitions_in(e: Expr) -> set[Definition]:
    """Every definition an expression uses, also inside other definitions."""
    found: set[Definition] = set()
    for node in e.atoms(Named):
        found |= {node.definition} | definitions_in(node.definition.body)
    return found
