"""Faults of the lowering: which are planted in a loss, and what becomes of each."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache

from derive.verdict import Verdict
from verify import draws
from verify.checks import gates
from verify.checks.fast import LIMIT
from verify.mutants.engines import of_engines
from verify.mutants.model import Fate, Mutant
from verify.mutants.planting import Calls, Fault, counted, target
from verify.mutants.rules import of_rules
from verify.mutants.screen import Point, Run, disagreement
from verify.search import Search
from verify.subject import Subject

_ROUNDING = 4.0  # units: two orders of one sum
PART = "lowering"


@cache
def faults() -> tuple[Fault, ...]:
    """Every fault of the lowering."""
    return (*of_rules(), *of_engines())


def _has_effect(point: Point) -> Callable[[Run, Run], bool]:
    """Whether a run is another one than that without a fault, by more than rounding."""
    return lambda found, right: point.between(found, right) > _ROUNDING


class Lowered:
    """The mutants of one loss by faults of its lowering. examples: per search for a survivor."""

    def __init__(self, subject: Subject, points: Sequence[Point], examples: int, seed: int):
        self.subject, self.points = subject, points
        self.examples, self.seed = examples, seed

    def reached(self, chosen: Iterable[Fault]) -> list[Fault]:
        """Those whose function is called for this loss at any point."""
        with counted(chosen) as counts:
            for point in self.points:
                point.evaluated()
        return [x for x in chosen if counts[target(x)].count]

    def fate(self, fault: Fault) -> Mutant | None:
        """None where it has no effect on the loss: nothing has been planted."""
        changed = False
        for at, point in enumerate(self.points):
            rung = "point" if at == 0 else "regimes"
            try:
                with fault.planted(Calls()):
                    found = point.evaluated()
            except Exception as error:  # a crash cannot be overlooked
                detail = f"{type(error).__name__}: {error} at {point.example!r}"
                return self._mutant(fault, Fate.KILLED, rung, detail)
            changed |= any(map(_has_effect(point), found, point.runs))
            for run in found:
                wrong = disagreement(point.away(run))
                if wrong:
                    return self._mutant(fault, Fate.KILLED, rung, f"{wrong} at {point.example!r}")
        return self._by_search(fault) if changed else None

    def _by_search(self, fault: Fault) -> Mutant:
        """A fault that changes bits, and nothing beyond rounding so far."""

        def measure(example: draws.Example) -> dict[str, float]:
            point = Point(example)
            with fault.planted(Calls()):
                found = point.evaluated()
            each = [point.away(run) for run in found]
            return {name: x for errors in each for name, x in errors.items()}

        search = Search(measure, LIMIT)
        search.run(draws.examples(self.subject), self.examples, self.seed)
        verdict, detail = search.outcome()
        if verdict is Verdict.REFUTED:
            return self._mutant(fault, Fate.KILLED, "examples", detail)
        with fault.planted(Calls()):
            verdict, detail = gates.check(self.subject, examples=1, seed=self.seed)
        if verdict is Verdict.REFUTED:
            return self._mutant(fault, Fate.KILLED, gates.NAME, detail)
        detail = "it changes results, and by no more than rounding may at every example"
        return self._mutant(fault, Fate.SURVIVED, "", detail)

    def _mutant(self, fault: Fault, fate: Fate, rung: str, detail: str) -> Mutant:
        return Mutant(self.subject.name, PART, fault.kind, fault.text, fate, rung, detail)
