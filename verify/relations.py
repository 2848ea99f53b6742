"""What a loss module does to a changed batch, against what it did to the batch: no reference.

Each relation is a function of an example that gives differences in units of eps times the scales
of `checks.fast`, or nothing where the example does not allow it.
"""

from collections.abc import Callable
from math import cos, pi, sin

import torch

from verify.comparison import Training
from verify.differences import differences
from verify.reruns import Run
from verify.scales import units
from verify.specification import (
    DEAD,
    DIFFERENCES,
    PERMUTATION,
    ROTATION,
    SHIFT,
    SWAP,
    dead_views,
    margins,
)


def permutation(run: Run) -> dict[str, float]:
    """The pairs in another order, labels and sample numbers with them."""
    n, x = run.example.batch.n, run.example
    order = torch.randperm(n, generator=run.generator)
    place = order.argsort()  # where a sample went
    inputs = {k: v[order] if v.ndim == 1 else place[v[order]] for k, v in x.inputs.items()}
    found = run(x.h[order], x.h_prime[order], inputs)
    wanted = Training(run.base.value, run.base.by_h[order], run.base.by_h_prime[order])
    return run.apart(PERMUTATION, found, wanted)


def rotation(run: Run) -> dict[str, float]:
    """Both views turned (or mirrored) by one orthogonal matrix, and the gradients with them."""
    d, x = run.example.batch.d, run.example
    normal = torch.randn(d, d, generator=run.generator, dtype=torch.float64)
    turn = torch.linalg.qr(normal).Q
    found = run(x.h @ turn, x.h_prime @ turn)
    wanted = Training(run.base.value, run.base.by_h @ turn, run.base.by_h_prime @ turn)
    return run.apart(ROTATION, found, wanted)


def swap(run: Run) -> dict[str, float]:
    """h for h' and h' for h."""
    found = run(run.example.h_prime, run.example.h)
    wanted = Training(run.base.value, run.base.by_h_prime, run.base.by_h)
    return run.apart(SWAP, found, wanted)


def shift(run: Run) -> dict[str, float]:
    """With one more feature, the same in every row, a step along it for an anchor adds one number
    to all its logits: the gradient has nothing there."""
    x, rows = run.example, run.subject.objective.differentiated == "anchor"
    lifted = [
        torch.cat([cos(pi / 4) * v, torch.full((len(v), 1), sin(pi / 4), dtype=v.dtype)], dim=1)
        for v in (x.h, x.h_prime)
    ]
    along = run(lifted[0], lifted[1]).by_h[:, -1]
    along = along if rows else along.sum()
    return {f"{SHIFT}: gradient": units(along, run.scales[1])}


def dead(run: Run) -> dict[str, float]:
    """What cannot count gets a gradient of exactly 0; nothing is left where no gate is open."""
    found: dict[str, float] = {}
    for view in dead_views(run.subject, run.slopes):
        by = run.base.by_h if view == run.subject.objective.anchor else run.base.by_h_prime
        found[f"{DEAD}: gradient by {view}"] = torch.inf if by.any() else 0.0
    for name in margins(run.subject)[:1]:
        low = {**run.example.values, name: run.example.values[name] - 30}
        closed = run(run.example.h, run.example.h_prime, values=low)
        parts = {"value": closed.value, "∂h": closed.by_h, "∂h'": closed.by_h_prime}
        for part, x in parts.items():
            found[f"{DEAD}: {part} behind closed gates"] = torch.inf if x.any() else 0.0
    return found


RELATIONS: dict[str, Callable[[Run], dict[str, float]]] = {
    DIFFERENCES: differences,
    PERMUTATION: permutation,
    ROTATION: rotation,
    SWAP: swap,
    SHIFT: shift,
    DEAD: dead,
}
