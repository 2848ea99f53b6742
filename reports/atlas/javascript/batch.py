"""The fixed parts of the batch that the plots are of; the page makes its vectors (atlas.js)."""

from sympy import Expr

from derive.hyper import Hyper
from derive.nodes import D, N
from derive.objective import Objective
from derive.paradigm import Decomposition

SAMPLES, FEATURES, EXTRAS = 16, 8, 4


def inputs(objective: Objective) -> dict[str, list[int]]:
    """What the loss takes beside the views: labels of two classes, (N,), turn by turn; sample
    numbers, (N·M,) by rows, n + 1 steps ahead in the n-th array, then a step of n + 1 for each m.
    """
    arrays = [x for x in objective.inputs if x != "labels"]
    found = {
        name: [
            (i + n + (n + 1) * m) % SAMPLES for i in range(SAMPLES) for m in range(1, EXTRAS + 1)
        ]
        for n, name in enumerate(arrays)
    }
    if "labels" in objective.inputs:
        found["labels"] = [i % 2 for i in range(SAMPLES)]
    return found


def described(objective: Objective) -> str:
    """The same in a sentence; empty for a loss of two views alone."""
    arrays = [x for x in objective.inputs if x != "labels"]
    said = []
    if "labels" in objective.inputs:
        said.append("Samples are of two classes in turn, 8 of each.")
    if arrays:
        said.append(
            f"Every anchor has {EXTRAS} extra negatives, mixed of the next samples "
            f"({', '.join(arrays)})."
        )
    return " ".join(said)


def defaults(d: Decomposition) -> dict[str, float]:
    """Every hyper-parameter as a number, at the batch's N and D."""
    values = d.objective.defaults(d.coefficients.settings)
    return {name: at_sizes(x) for name, x in values.items()}


def at_sizes(e: Expr) -> float:
    return float(e.subs({N: SAMPLES, D: FEATURES}))


def scale(hyper: Hyper, value: float) -> tuple[float, float, bool]:
    """What a slider goes over: lowest, highest, whether by equal factors rather than equal steps.

    Of a positive one a tenth to ten times the value; of one in an interval the whole of it, less
    a hundredth at an open end; otherwise as far below as above, at least 1, in the domain.
    The value is always between them.
    """
    low, high = float(hyper.domain.low), float(hyper.domain.high)
    if high < float("inf") and low > -float("inf"):
        margin = (high - low) / 100
        inner_low = min(low + margin, value) if hyper.domain.low_open else low
        inner_high = max(high - margin, value) if hyper.domain.high_open else high
        return inner_low, inner_high, False
    if low == 0 and hyper.domain.low_open and value > 0:
        return value / 10, value * 10, True
    reach = max(1.0, abs(value))
    lowest, highest = value - reach, value + reach
    if lowest <= low:
        lowest = low + (value - low) / 100 if hyper.domain.low_open else low
    if highest >= high:
        highest = high - (high - value) / 100 if hyper.domain.high_open else high
    return lowest, highest, False
