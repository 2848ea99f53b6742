"""When a pretraining run ends, and its learning rate: up, then down to zero, both linear.

With a time limit the number of steps cannot be known beforehand. The rate rises as it would
anyway; at the end of the warm-up (or at half of the time, if that comes first) the measured
speed decides how many steps fit. That number goes on record: a resumed run keeps it, however
fast it then is.
"""

import time
from dataclasses import dataclass

RESERVE = 0.05  # of the time, for saving and for a machine that slows down
SAVES = 10  # in a run, unless the options say how often


@dataclass(frozen=True)
class Plan:
    """A schedule with an end. Domain: 1 ≤ turn ≤ warmup, turn < steps."""

    warmup: int  # steps in which the rate would reach its peak
    turn: int  # the step after which the rate falls
    steps: int

    def __post_init__(self) -> None:
        assert 1 <= self.turn <= self.warmup
        assert self.turn < self.steps


def rate(step: int, peak: float, warmup: int, plan: Plan | None) -> float:
    """The learning rate of a step, counted from 1; plan: None while it is not decided.

    Rises by peak/warmup a step, and after `plan.turn` falls to zero, which it would reach one
    step after the last one.
    """
    rising = peak * min(1.0, step / warmup)
    if plan is None or step <= plan.turn:
        return rising
    top = peak * min(1.0, plan.turn / warmup)
    return top * (plan.steps + 1 - step) / (plan.steps + 1 - plan.turn)


def is_time_to_decide(step: int, warmup: int, elapsed: float, limit: float) -> bool:
    """Whether the number of steps is to be decided now. elapsed, limit: seconds."""
    return step >= warmup or elapsed >= limit / 2


def decide(
    step: int, warmup: int, *, elapsed: float, limit: float, seconds: float, scoring: float
) -> Plan:
    """The plan that ends within `limit` seconds at `seconds` a step; one more step at least.

    scoring: seconds of all held-out scores to come.
    """
    left = limit * (1 - RESERVE) - elapsed - scoring
    return Plan(warmup, step, step + max(1, int(left / seconds)))


class Speed:
    """Seconds a step, over the later half of the steps so far: the first ones are slower."""

    def __init__(self, step: int):
        self._times = [(step, time.monotonic())]

    def add(self, step: int) -> None:
        """A step is done."""
        self._times.append((step, time.monotonic()))

    def seconds(self) -> float:
        """Mean seconds a step. Domain: one step at least."""
        (first, began), (last, ended) = self._times[(len(self._times) - 1) // 2], self._times[-1]
        return max(1e-9, (ended - began) / (last - first))
