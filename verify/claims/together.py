"""Tests made of tests: of several formulas at once, and one that is built when it is needed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from verify.claims.model import Judgement, Outcome, Test

_WORST_FIRST = (
    Outcome.FALSE, Outcome.UNDECIDED, Outcome.CONDITIONAL, Outcome.TANGENT, Outcome.EXACT,
)  # fmt: skip


@dataclass(frozen=True)
class Together:
    """tests: by what each is about. The judgement has the weakest outcome, and the conditions and
    corrections of all."""

    tests: Mapping[str, Test]

    def __call__(self, seed: int) -> Judgement:
        found = {name: test(seed) for name, test in self.tests.items()}
        outcome = min((x.outcome for x in found.values()), key=_WORST_FIRST.index)
        conditions = dict.fromkeys(c for x in found.values() for c in x.conditions)
        corrections = [f"{name}: {x.correction}" for name, x in found.items() if x.correction]
        evidence = [f"{name}: {x.outcome}; {'; '.join(x.evidence)}" for name, x in found.items()]
        return Judgement(outcome, tuple(conditions), "; ".join(corrections), tuple(evidence))


@dataclass(frozen=True)
class Later:
    """A test that costs a derivation to build, which a list of claims does without."""

    build: Callable[[], Test]

    def __call__(self, seed: int) -> Judgement:
        return self.build()(seed)
