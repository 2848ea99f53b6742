"""Definitions that a piece of code may implement: the catalogue's, and changes of one of them."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache

import torch
from sympy import Expr
from torch import Tensor

from derive.nodes import ANCHOR
from derive.objective import Objective
from derive.objectives import load, names
from verify import oracles
from verify.audits.axes import variants
from verify.audits.responses import Candidate, Evaluate, Values
from verify.edits import edits
from verify.formula.evaluator import Evaluator

Change = tuple[tuple[str, ...], Expr]  # what differs, in words, and the formula then


def searched() -> list[str]:
    """The losses of two views alone. `supcon` is there as `ntxent`, which it is of such labels."""
    return [x for x in names() if not load(x).inputs]


def known(objective: Objective, values: Values, fitted: tuple[str, ...] = ()) -> list[Candidate]:
    """A loss of the catalogue with these hyper-parameters: as it is, and of normalised rows."""
    evaluate = _oracle(objective.name)
    readings = (True,) if objective.embeddings == "unit" else (False, True)
    return [Candidate(objective.name, evaluate, values, x, fitted=fitted) for x in readings]


@cache
def _oracle(name: str) -> Evaluate:
    loss, inputs = oracles.load(name), load(name).inputs

    def evaluate(h: Tensor, h_prime: Tensor, values: Mapping[str, float]) -> Tensor:
        labels = {k: torch.arange(len(h)) for k in inputs}
        return loss(h, h_prime, **values, **labels)

    return evaluate


def changed(
    objective: Objective, change: Change, values: Values, fitted: tuple[str, ...] = ()
) -> Candidate:
    """A loss with its formula changed."""
    texts, formula = change
    normalised = objective.embeddings == "unit"
    evaluate = _formula(formula, objective.differentiated == "anchor")
    return Candidate(objective.name, evaluate, values, normalised, texts, fitted)


def _formula(formula: Expr, by_anchor: bool) -> Evaluate:
    def evaluate(h: Tensor, h_prime: Tensor, values: Mapping[str, float]) -> Tensor:
        found = Evaluator(h, h_prime, values, {"labels": torch.arange(len(h))})(formula)
        if not set(found.axes) <= ({ANCHOR} if by_anchor else set()):
            raise ValueError("an index of the changed formula is bound by no sum")
        return found.data.mean()

    return evaluate


@cache
def single(name: str) -> tuple[Change, ...]:
    """The changes of a loss, choices before slips."""
    return tuple(_distinct(_changes(load(name).formula()), set()))


@cache
def choices(name: str) -> tuple[Change, ...]:
    """The changes of a loss that are choices."""
    return tuple(_distinct(_changes(load(name).formula(), only_choices=True), set()))


def choices_of_choices(name: str) -> Iterator[Change]:
    """The loss with two of its choices made otherwise."""
    for texts, formula in choices(name):
        for more, again in _changes(formula, only_choices=True):
            yield (*texts, *more), again


def double(name: str) -> Iterator[Change]:
    """Changes of the changed formulas: choices of choices, then the rest."""
    seen = {x for _, x in single(name)} | {load(name).formula()}
    ones = single(name)
    for only_choices in (True, False):
        for texts, formula in ones:
            for more, again in _distinct(_changes(formula, only_choices), seen):
                yield (*texts, *more), again


def _changes(formula: Expr, only_choices: bool = False) -> Iterator[Change]:
    for variant in _tolerant(lambda: variants(formula)):
        yield (variant.text,), variant.expr
    if not only_choices:
        for edit in _tolerant(lambda: edits(formula)):
            yield (edit.text,), edit.expr


def _tolerant(make: Callable[[], Iterator]) -> Iterator:  # type: ignore[type-arg]
    """Until one cannot be built: a node refuses some arguments, and that is no definition."""
    found = make()
    while True:
        try:
            yield next(found)
        except (StopIteration, Exception):
            return


def _distinct(changes: Iterator[Change], seen: set[Expr]) -> Iterator[Change]:
    for texts, formula in changes:
        if formula not in seen:
            seen.add(formula)
            yield texts, formula


def position(name: str) -> int:
    """The place of a loss in the catalogue."""
    return names().index(name) if name in names() else len(names())
