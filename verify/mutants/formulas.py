"""Faults of the formula: each edit of it, held against the oracle of the right one."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor

from derive.errors import ContragradError
from derive.objective import Objective
from derive.verdict import Verdict
from verify import draws
from verify.checks import gates
from verify.checks.fast import LIMIT
from verify.comparison import Training, differentiated
from verify.edits import Edit
from verify.formula import Formula, NotFiniteError
from verify.mutants.equivalence import explanation, proof
from verify.mutants.model import Fate, Mutant
from verify.mutants.planted import with_formula
from verify.mutants.screen import Point, Run, disagreement
from verify.search import Search
from verify.subject import Subject

PART = "formula"


class Edited:
    """The mutants of one loss by edits of its formula. examples: per search for a survivor."""

    def __init__(self, subject: Subject, points: Sequence[Point], examples: int, seed: int):
        self.subject, self.points = subject, points
        self.examples, self.seed = examples, seed

    def fate(self, edit: Edit) -> Mutant:
        """The rungs from the cheapest, a proof before the expensive ones."""
        mutant = with_formula(self.subject.objective, edit.expr)
        for at, point in enumerate(self.points):
            wrong = apart(mutant, point)
            if wrong:
                rung = "point" if at == 0 else "regimes"
                return self._mutant(edit, Fate.KILLED, rung, f"{wrong} at {point.example!r}")
        proved = proof(self.subject.objective, mutant)
        if proved:
            return self._mutant(edit, Fate.EQUIVALENT, "identity", proved)
        for rung, search in (("examples", self._examples), (gates.NAME, self._gates)):
            found = search(mutant)
            if found:
                return self._mutant(edit, Fate.KILLED, rung, found)
        known = explanation(self.subject.objective, mutant)
        return self._mutant(edit, Fate.SURVIVED, "", known)

    def _examples(self, mutant: Objective) -> str:
        """The counterexample of a search by Hypothesis, or nothing."""
        search = Search(lambda x: _errors(mutant, Point(x)), LIMIT)
        search.run(draws.examples(self.subject), self.examples, self.seed)
        verdict, detail = search.outcome()
        return detail if verdict is Verdict.REFUTED else ""

    def _gates(self, mutant: Objective) -> str:
        subject = replace(self.subject, fast=_as_fast(mutant))
        verdict, detail = gates.check(subject, examples=1, seed=self.seed)
        return detail if verdict is Verdict.REFUTED else ""

    def _mutant(self, edit: Edit, fate: Fate, rung: str, detail: str) -> Mutant:
        return Mutant(self.subject.name, PART, edit.kind, edit.text, fate, rung, detail)


def apart(objective: Objective, point: Point) -> str:
    """How its formula, under autograd, is not the oracle at a point; or nothing."""
    try:
        return disagreement(_errors(objective, point))
    except NotFiniteError:
        return "no finite value or gradient where the oracle has both"


def _errors(objective: Objective, point: Point) -> dict[str, float]:
    formula, example = Formula(objective), point.example
    seen: list[Tensor] = []

    def loss(h: Tensor, h_prime: Tensor) -> Tensor:
        if objective.differentiated == "anchor":
            seen.append(formula.terms(h, h_prime, **point.arguments))
            value = seen[0].mean()
        else:
            value = formula.loss(h, h_prime, **point.arguments)
        return value + 0 * (h.sum() + h_prime.sum())  # every gradient may be stopped

    found: Training = differentiated(loss, example.h, example.h_prime)
    return point.away(Run("formula", found), seen[0].detach() if seen else None)


def _as_fast(objective: Objective) -> Callable[..., Any]:
    """In the place of the objective that trains, for what looks at values."""
    formula = Formula(objective)

    def fast(embeddings: str = "unit", tile: int | None = None, **hyper: float) -> Any:
        def module(h: Tensor, h_prime: Tensor, **inputs: Tensor) -> Tensor:
            try:
                return formula.loss(h, h_prime, **hyper, **inputs)
            except ContragradError:
                return h.new_full((), float("nan"))

        return module

    return fast
