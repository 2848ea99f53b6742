"""The engine of an objective, built once from its symbols.

By tiles of anchors where the loss is a function of inner products; else, for losses written in
single features, by contraction over the batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from sympy import Expr, Symbol
from torch import Tensor

from derive.canonical import for_formula
from derive.errors import InputError, ObjectiveError
from derive.nodes import (
    Hardest,
    HardestIndex,
    Inner,
    Named,
    Top,
    View,
)
from derive.objective import Objective
from derive.similarity import Coefficients, by_parameter, coefficients_of
from derive.torch.batch import Batch, Gradients
from derive.torch.dense import DenseEngine
from derive.torch.masking import left_out
from derive.torch.pairs import PairEngine
from derive.torch.plan import Plan


class Engine(Protocol):
    """Value and gradients of a training scalar at a batch."""

    def value(self, batch: Batch) -> Tensor: ...

    def gradients(self, batch: Batch, parameters: tuple[str, ...] = ()) -> Gradients: ...


@dataclass(frozen=True)
class FeatureEngine:
    """A loss that is no function of inner products: every process computes the whole batch."""

    dense: DenseEngine
    symbols: Mapping[str, Symbol]

    def value(self, batch: Batch) -> Tensor:
        return self.dense.value(batch.h, batch.h_prime, batch.values, batch.inputs)

    def gradients(self, batch: Batch, parameters: tuple[str, ...] = ()) -> Gradients:
        ev = self.dense.evaluator(batch.h, batch.h_prime, batch.values, batch.inputs)
        found = self.dense.gradients_on(ev)
        changes = {x: _sensitivity(self.dense.stated, self.symbols[x]) for x in parameters}
        by = {x: ev(e).over(()) for x, e in changes.items()}
        return Gradients(found.value, found.by_h, found.by_h_prime, by)


@lru_cache(maxsize=256)
def _sensitivity(formula: Expr, symbol: Symbol) -> Expr:
    return by_parameter(formula, symbol)


def engine_of(
    objective: Objective,
    tile: int | None = None,
    *,
    masked: bool = False,
    one_sided: bool = False,
    further: bool = False,
) -> Engine:
    """masked: some pairs are left out; one_sided: maybe for one of the two samples only; further:
    there are candidates that are no sample's positive.

    Raises `InputError` where a loss has no meaning for one of the two.
    """
    if tile is not None and (isinstance(tile, bool) or not isinstance(tile, int) or tile < 1):
        raise InputError(f"tile={tile!r}: give the number of anchors a tile, 1 or more.")
    return _engine(_Derivation(objective), tile, masked, one_sided, further)


@lru_cache(maxsize=512)
def _engine(
    derivation: "_Derivation", tile: int | None, masked: bool, one_sided: bool, further: bool
) -> Engine:
    objective = derivation.objective
    found = _derived(derivation, masked)
    symbols = {x.name: x.symbol for x in objective.hyper}
    if isinstance(found, DenseEngine):
        if masked or further:
            raise InputError(
                f"{objective.name} is written in single features or picked samples: it has no pairs"
                " to leave out, and no candidates to add. Leave mask, labels and negatives out."
            )
        return FeatureEngine(found, symbols)
    if further:
        pool_of(objective, found)
    if masked and not found.pairs and not found.value.has(Hardest, HardestIndex, Top):
        raise InputError(
            f"{objective.name} has no pairs of different samples: none can be left out. Leave mask "
            "and labels out."
        )
    views = (objective.anchor, objective.positive)
    return PairEngine(Plan(found, symmetrise=not (further or one_sided)), views, symbols, tile)


def is_of_rows(objective: Objective) -> bool:
    """Whether the loss is computed anchor by anchor, each from its own row of pairs; else either
    sample of a pair is an anchor."""
    found = _derived(_Derivation(objective), False)
    return isinstance(found, Coefficients) and found.per_anchor


def pool_of(objective: Objective, rule: Coefficients | None = None) -> View:
    """The view that further candidates belong to.

    Raises `InputError` unless the objective is one anchor's term, with negatives of one view.
    """
    found = rule or _derived(_Derivation(objective), False)
    of_anchors = isinstance(found, Coefficients) and found.per_anchor
    views = (
        {(x.args[0].base, x.args[2].base) for x in _between(found.value)} if of_anchors else set()
    )
    if len(views) != 1 or objective.inputs:
        what = "takes index arrays" if objective.inputs else "has candidates of both views"
        what = what if of_anchors else "is a scalar of the batch, whose every row is an anchor"
        raise InputError(
            f"{objective.name} {what}: explicit negatives have no place in it. Use a loss of one "
            "anchor's term with negatives of one view (`derive list` says which those are)."
        )
    ((left, right),) = views
    return right if left == objective.anchor else left


def _between(e: Expr) -> set[Expr]:
    """The inner products of two different samples, also inside named intermediates."""
    found = {x for x in e.atoms(Inner) if x.args[1] != x.args[3]}
    for x in e.atoms(Named):
        found |= _between(x.value)
    return found


class _Derivation:
    """An objective by what is derived from it: its class, or the formula of one with state."""

    def __init__(self, objective: Objective):
        self.objective = objective
        self.key: object = type(objective)
        if _has_state(objective):
            formula = for_formula(objective.formula())
            self.key = (formula, objective.differentiated, objective.embeddings)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Derivation) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def _has_state(objective: Objective) -> bool:
    slots = any(kind.__dict__.get("__slots__") for kind in type(objective).__mro__)
    return bool(vars(objective)) or slots


@lru_cache(maxsize=256)
def _derived(derivation: _Derivation, masked: bool) -> Coefficients | DenseEngine:
    objective = derivation.objective
    formula = objective.formula()
    try:
        return coefficients_of(objective, left_out(formula) if masked else formula)
    except ObjectiveError:  # no function of inner products
        return DenseEngine.of(objective)
