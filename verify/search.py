"""A property under Hypothesis, with the worst case kept: the smallest failure, or how near it came.

Examples follow from the seed alone: no database, no deadline, nothing printed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import torch
from hypothesis import HealthCheck, Phase, Verbosity, given, reject, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from derive.errors import ContragradError, InputError, LoweringError
from derive.verdict import Verdict
from verify.draws import Example
from verify.formula import NotFiniteError
from verify.snippet import program

Measure = Callable[[Example], dict[str, float]]


@dataclass
class Search:
    """measure: quantity → its error in the units of the check; limit: what is allowed.

    A measure that has a method `at_tie` is asked that at a tie, or at a gate; the examples of any
    other have none. After `run`: worst, each quantity's largest error; tried, the examples by
    regime; ties, how many of them were tied; failure, the shrunk counterexample in words.
    """

    measure: Measure
    limit: float
    dtype: torch.dtype = torch.float64
    worst: dict[str, float] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)
    failure: str = ""
    counterexample: Example | None = None
    ties: int = 0

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
            self._fail(error)
        except Unsatisfiable:
            pass  # no batch could be made: nothing was tried, which `outcome` says

    def run_all(self, examples: Iterable[Example]) -> None:
        """Every one of them, in order, to the first counterexample."""
        try:
            for example in examples:
                self.try_one(example)
        except _CounterexampleError as error:
            self._fail(error)

    def try_one(self, example: Example) -> None:
        """Raises for a counterexample, so that Hypothesis makes it smaller."""
        try:
            tied, either = example.is_tied, example.is_at_a_share or example.is_singular
        except InputError:
            reject()  # only ties in every draw: the batch was not made, and nothing refused it
        at_tie = getattr(self.measure, "at_tie", None)
        if either or (tied and at_tie is None):
            reject()  # either answer is right, or nothing bounds the rounding
        try:
            found = at_tie(example) if tied and at_tie else self.measure(example)
        except (LoweringError, NotFiniteError):
            raise  # no rule for a node, or no value there: nothing was compared
        except ContragradError as error:
            raise _CounterexampleError(f"refused a good batch ({error})", example) from None
        for quantity, units in found.items():
            if not units <= self.limit:  # also NaN
                text = f"{quantity} off by {units:.3g} units (limit {self.limit:g})"
                raise _CounterexampleError(text, example)
            self.worst[quantity] = max(units, self.worst.get(quantity, 0.0))
        regime = example.batch.regime
        self.tried[regime] = self.tried.get(regime, 0) + 1
        self.ties += tied

    def _fail(self, error: "_CounterexampleError") -> None:
        self.failure, self.counterexample = str(error), error.example

    def program(self, *, raw: bool = False) -> str:
        """A program that shows the counterexample, two lines below; nothing if there is none. raw:
        with rows that are normalised first."""
        if self.counterexample is None:
            return ""
        return f"\n\n{program(self.counterexample, self.dtype, raw=raw)}"

    def outcome(self) -> tuple[Verdict, str]:
        """REFUTED with the counterexample, AGREED, or UNDECIDED if nothing was tried."""
        if self.failure:
            return Verdict.REFUTED, self.failure
        if not self.tried:
            return Verdict.UNDECIDED, "no example was tried"
        quantity, units = max(self.worst.items(), key=lambda item: item[1])
        count, limit = sum(self.tried.values()), f"{self.limit:g}"
        ties = f", {self.ties} at a tie" if self.ties else ""
        return Verdict.AGREED, (
            f"{count} examples{ties}, {len(self.tried)} regimes; "
            f"worst {units:.2g} of {limit} units ({quantity})"
        )


class _CounterexampleError(Exception):
    """An example at which the property fails."""

    def __init__(self, text: str, example: Example):
        super().__init__(f"{text} at {example}")
        self.example = example
