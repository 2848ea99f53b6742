"""Losses written for a test: what they have in common, and how they are held against plain torch.

The reference is autograd of the loss written by hand, in float64, at the very rows that the engine
is given.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from derive.objective import CROSS, Objective
from derive.torch.objective import FastObjective

Rows = tuple[Tensor, Tensor]
Reference = Callable[..., Tensor]
UNITS = 2  # of eps times the size of what is computed


class PerAnchor(Objective):
    title, source, differentiated, pool = "one's own", "a test", "anchor", CROSS
    reduction = "mean over anchors"


class OfBatch(PerAnchor):
    differentiated, reduction = "batch", "one scalar"


def others(n: int) -> Tensor:
    """True off the diagonal."""
    return ~torch.eye(n, dtype=torch.bool)


def distances(x: Tensor, y: Tensor) -> Tensor:
    """‖x_i − y_k‖, (N, N), from differences; where it is 0 its gradient is."""
    squares = (x[:, None] - y[None]).square().sum(2)
    apart = squares > 0
    return torch.where(apart, squares.where(apart, 1).sqrt(), 0)


def differentiated(loss: Reference, rows: Rows) -> list[Tensor]:
    """The value and the gradients by both views."""
    given = [x.clone().requires_grad_() for x in rows]
    value = loss(*given)
    return [value.detach(), *torch.autograd.grad(value, given, materialize_grads=True)]


def errors(
    loss: FastObjective, reference: Reference, rows: Rows, dtype: torch.dtype, **inputs: Tensor
) -> tuple[list[float], float]:
    """The largest error of the value and of each gradient, and the size of what was compared; of
    unit rows along the sphere, where alone the gradient of a formula is one thing."""
    given = tuple(x.to(dtype) for x in rows)
    near = tuple(x.double() for x in given)
    found = differentiated(lambda x, y: loss(x, y, **inputs), given)
    right = differentiated(reference, near)
    value, *slopes = (x.double() - y for x, y in zip(found, right, strict=True))
    if loss.objective.embeddings == "unit":
        slopes = [d - (d * x).sum(1, keepdim=True) * x for d, x in zip(slopes, near, strict=True)]
    size = max(1.0, *(float(x.abs().max()) for x in right))
    return [float(x.abs().max()) for x in (value, *slopes)], size


def assert_agrees(
    loss: FastObjective,
    reference: Reference,
    rows: Rows,
    dtype: torch.dtype = torch.float64,
    scale: float = 1.0,
    **inputs: Tensor,
) -> None:
    """To a few eps of the size of value and gradients, times a scale: by how much the loss
    multiplies the rounding of a cosine. NaN is no agreement."""
    found, size = errors(loss, reference, rows, dtype, **inputs)
    bound = UNITS * torch.finfo(dtype).eps * size * scale
    assert all(x <= bound for x in found), (found, bound)
