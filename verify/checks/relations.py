"""Relations of a loss module with itself, each where the formula promises it.

The slope of the value along a random direction, stop-gradients frozen; the batch in another order;
both views rotated together; the views swapped; one number added to an anchor's logits; an input
that cannot count. `verify.specification` says which of them a loss promises and why, by proofs on
its formula; the others are named in the report and not tested. No oracle is asked.

Tolerance: LIMIT units of eps·scale, the scales of `fast`; a slope by differences of values in
float64 is known to 10⁻⁹ of the scale.
"""

from derive.verdict import Verdict
from verify import draws
from verify.draws import Example
from verify.profiles import ORDINARY, Sizes
from verify.regimes import REGIMES
from verify.relations import RELATIONS
from verify.reruns import Run
from verify.search import Search
from verify.slopes import Slopes
from verify.specification import Specification, specification
from verify.subject import Subject

NAME = "relations"
LIMIT = 16.0


def check(
    subject: Subject, *, examples: int, seed: int, sizes: Sizes = ORDINARY
) -> tuple[Verdict, str]:
    """REFUTED with the relation and the smallest counterexample, UNDECIDED where a relation that
    is promised could not be tried, or AGREED with what held and what is not promised."""
    slopes = Slopes(subject)
    stated = specification(subject, slopes)
    measure = _Measure(subject, slopes, stated)
    search = Search(measure, LIMIT)
    drawn = draws.examples(
        subject, max_n=sizes.most_pairs, max_d=sizes.most_features, regimes=tuple(REGIMES)
    )
    search.run(drawn, examples, seed)
    if not search.failure:
        small = draws.examples(subject, max_n=4, max_d=4, regimes=("independent", "paired"))
        search.run(small, max(examples // 3, 3), seed)
    verdict, detail = search.outcome()
    untried = [name for name in stated.promised if name not in measure.tried]
    if verdict.passed and untried:
        return Verdict.UNDECIDED, f"no example let {', '.join(untried)} be tried"
    return verdict, f"{detail if search.failure else _said(stated, detail)}{search.program()}"


class _Measure:
    """Every promised relation at one example; tried: those that were."""

    def __init__(self, subject: Subject, slopes: Slopes, stated: Specification):
        self.subject, self.slopes, self.stated = subject, slopes, stated
        self.tried: set[str] = set()

    def __call__(self, example: Example) -> dict[str, float]:
        run = Run(self.subject, self.slopes, example)
        found: dict[str, float] = {}
        for name in self.stated.promised:
            part = RELATIONS[name](run)
            self.tried |= {name} if part else set()
            found |= part
        return found


def _said(stated: Specification, detail: str) -> str:
    """What held, and what is not promised."""
    held = ", ".join(stated.promised)
    others = "; ".join(f"{name} ({why})" for name, why in stated.others.items())
    return f"{detail}; held: {held}" + (f"; not promised: {others}" if others else "")
