"""Steps timed in turn, so that a disturbance meets all of them; medians with the spread."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

Step = Callable[[], None]
Loss = Callable[[Tensor, Tensor], Tensor]
SLOW = 10.0  # seconds: a step that takes longer is timed once a run


def training_step(loss: Loss, h: Tensor, h_prime: Tensor) -> Step:
    """Forward and backward, to the gradients of both inputs."""
    h, h_prime = (x.detach().clone().requires_grad_() for x in (h, h_prime))

    def step() -> None:
        h.grad = h_prime.grad = None
        loss(h, h_prime).backward()

    return step


def seconds(step: Step) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def interleaved(steps: Mapping[str, Step], repeats: int) -> dict[str, list[float]]:
    """Seconds of each repeat of each step, after one call of each that does not count."""
    first = {name: seconds(step) for name, step in steps.items()}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for repeat in range(repeats):
        for name, step in steps.items():
            if first[name] < SLOW or repeat == 0:
                times[name].append(seconds(step))
    return times


def spread(times: Sequence[float]) -> tuple[float, float, float]:
    """Median, minimum, maximum."""
    return statistics.median(times), min(times), max(times)
