"""A property under Hypothesis, with the worst case kept: the smallest failure, or how near it came.

Examples follow from the seed alone: no database, no deadline, nothing printed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, Verbosity, given, reject, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from derive.errors import ContragradError, InputError, LoweringError
from derive.verdict import Verdict
from verify.draws import Example
from verify.formula import NotFiniteError

Measure = Callable[[Example], dict[str, float]]


@dataclass
class Search:
    """measure: quantity → its error in the units of the check; limit: what is allowed.

    After `run`: worst, each quantity's largest error; tried, the examples by regime; failure,
    the shrunk counterexample in words.
    """

    measure: Measure
    limit: float
    worst: dict[str, float] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)
    failure: str = ""

    def run(self, strategy: st.SearchStrategy[Example], examples: int, number: int) -> None:
        @seed(number)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            derandomize=False,
            verbosity=Verbosity.quiet,
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def holds(example: Example) -> None:
            self.try_one(example)

        try:
            holds()
        except _CounterexampleError as error:
            self.failure = str(error)
        except Unsatisfiable:
            pass  # no batch could be made: nothing was tried, which `outcome` says

    def run_all(self, examples: Iterable[Example]) -> None:
        """Every one of them, in order, to the first counterexample."""
        try:
            for example in examples:
                self.try_one(example)
        except _CounterexampleError as error:
            self.failure = str(error)

    def try_one(self, example: Example) -> None:
        """Raises for a counterexample, so that Hypothesis makes it smaller."""
        try:
            tied = example.is_tied
        except InputError:
            reject()  # only ties in every draw: the batch was not made, and nothing refused it
        if tied:
            reject()  # either answer is right
        try:
            found = self.measure(example)
        except (LoweringError, NotFiniteError):
            raise  # no rule for a node, or no value there: nothing was compared
        except ContragradError as error:
            raise _CounterexampleError(f"refused a good batch ({error}) at {example}") from None
        for quantity, units in found.items():
            if not units <= self.limit:  # also NaN
                raise _CounterexampleError(
                    f"{quantity} off by {units:.3g} units (limit {self.limit:g}) at {example}"
                )
            self.worst[quantity] = max(units, self.worst.get(quantity, 0.0))
        regime = example.batch.regime
        self.tried[regime] = self.tried.get(regime, 0) + 1

    def outcome(self) -> tuple[Verdict, str]:
        """REFUTED with the counterexample, AGREED, or UNDECIDED if nothing was tried."""
        if self.failure:
            return Verdict.REFUTED, self.failure
        if not self.tried:
            return Verdict.UNDECIDED, "no example was tried"
        quantity, units = max(self.worst.items(), key=lambda item: item[1])
        count, limit = sum(self.tried.values()), f"{self.limit:g}"
        return Verdict.AGREED, (
            f"{count} examples, {len(self.tried)} regimes; worst {units:.2g} of {limit} units "
            f"({quantity})"
        )


class _CounterexampleError(Exception):
    """An example at which the property fails."""
