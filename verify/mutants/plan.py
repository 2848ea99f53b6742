"""Which faults are planted, and the mutants of one loss."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from time import perf_counter
from typing import TypeVar

import torch

from derive.errors import InputError, UnknownNameError
from derive.sources import find
from verify.edits import KINDS, Edit, edits
from verify.inputs import check_inputs
from verify.mutants.formulas import Edited, apart
from verify.mutants.lowered import Lowered, faults
from verify.mutants.model import LossMutants, Mutant
from verify.mutants.planting import Fault
from verify.mutants.screen import Point, disagreement, points
from verify.subject import Subject

T = TypeVar("T", Edit, Fault)
_MAX_SEED = 2**32 - 1


@dataclass(frozen=True)
class Plan:
    """kinds: of the faults (none: all); limit: the most of one kind in the formula of a loss, and
    in its lowering, drawn by the seed (None: all); examples: of a search for a survivor.

    Raises `UnknownNameError` for a kind that there is not, `InputError` for a limit or a number of
    examples below one, or a seed out of range.
    """

    kinds: tuple[str, ...] = ()
    limit: int | None = None
    examples: int = 25
    seed: int = 0

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind not in KINDS:
                raise UnknownNameError("kind of fault", kind, KINDS)
        few = self.examples < 1 or (self.limit is not None and self.limit < 1)
        if few or not 0 <= self.seed <= _MAX_SEED:
            raise InputError(
                f"limit={self.limit}, examples={self.examples}, seed={self.seed}: nothing would be "
                f"planted or tried. Give 1 or more, and a seed from 0 to {_MAX_SEED}."
            )

    def chosen(self, found: Sequence[T], name: str) -> list[T]:
        """A sample of each kind, in the order given."""
        kept: list[int] = []
        for kind in self.kinds or KINDS:
            places = [at for at, x in enumerate(found) if x.kind == kind]
            if self.limit is not None and len(places) > self.limit:
                random = Random(f"{self.seed} {name} {kind}")
                places = random.sample(places, self.limit)
            kept += places
        return [found[at] for at in sorted(kept)]


def mutants_of(loss: str, plan: Plan) -> LossMutants:
    """Every mutant of a loss: a name, FILE.py:NAME or a saved loss.

    Raises as `derive.sources.find` and `verify.inputs.check_inputs`, and `InputError` where the
    loss itself is not what its oracle is: mend that first.
    """
    start = perf_counter()
    torch.set_num_threads(1)
    check_inputs(find(loss))
    subject = Subject.of(loss)
    at = points(subject, plan.seed)
    _check_original(subject, at)
    formula = list(_of_formula(subject, at, plan))
    lowered = Lowered(subject, at, plan.examples, plan.seed)
    chosen = plan.chosen(faults(), f"{loss} lowering")
    fates = [lowered.fate(x) for x in lowered.reached(chosen)]
    effective = [x for x in fates if x is not None]
    return LossMutants(
        loss,
        (*formula, *effective),
        planted=len(chosen),
        idle=len(chosen) - len(effective),
        seconds=perf_counter() - start,
    )


def _of_formula(subject: Subject, at: Sequence[Point], plan: Plan) -> Iterator[Mutant]:
    """At the points where the formula itself can be evaluated under autograd."""
    finite = [x for x in at if not apart(subject.objective, x)]
    edited = Edited(subject, finite, plan.examples, plan.seed)
    found = list(edits(subject.objective.formula(), plan.kinds or None))
    for edit in plan.chosen(found, f"{subject.name} formula"):
        yield edited.fate(edit)


def _check_original(subject: Subject, at: Sequence[Point]) -> None:
    """The loss without a fault has to pass: else every mutant would die for nothing."""
    for point in at:
        wrong = [w for run in point.runs if (w := disagreement(point.away(run)))]
        if wrong:
            raise InputError(
                f"{subject.name} itself is not what it is compared with: {wrong[0]} at "
                f"{point.example!r}. Mend that first: verify run --loss {subject.name}."
            )
    if not any(not apart(subject.objective, point) for point in at):
        raise InputError(
            f"the formula of {subject.name} agrees with its reference at none of {len(at)} points. "
            f"Mend that first: verify run --loss {subject.name}."
        )
