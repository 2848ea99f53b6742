"""Is the gradient of one process the derivative of its value?

With one process an exchange changes no number, but a plain gather still cuts the gradient: rows
that are sent and not put back are constants to autograd. Such a loss has the same wrong gradient on
one process as on many, and one process is no reference. Differences of the value see through that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from verify.distributed.training import Encoder, Loss, Setting, Step, checked, views

_DIRECTIONS = 3
_STEP = 1e-4  # central differences of fourth order: errors of about 1e-12 / _STEP and _STEP⁴
_NEAR = 1e-6


def is_derivative(found: Step, setting: Setting, loss: Loss) -> bool:
    """Whether the gradient agrees with differences of the value along random directions."""
    generator = torch.Generator().manual_seed(setting.seed)
    gradient = torch.cat([g.flatten() for g in found.gradients.values()])
    for _ in range(_DIRECTIONS):
        along = torch.randn(len(gradient), dtype=torch.float64, generator=generator)
        slope = _slope(setting, loss, along)
        size = max(float(gradient.norm()), abs(slope)) * float(along.norm())
        if abs(slope - float(gradient @ along)) > _NEAR * size:
            return False
    return True


def _slope(setting: Setting, loss: Loss, along: Tensor) -> float:
    encoder = Encoder(setting)
    both = views(setting).flatten(0, 1)
    start = parameters_to_vector(encoder.parameters()).detach()

    def value(steps: int) -> float:
        vector_to_parameters(start + steps * _STEP * along, encoder.parameters())
        return float(checked(loss(*encoder(both).detach().chunk(2))))

    return (8 * (value(1) - value(-1)) - (value(2) - value(-2))) / (12 * _STEP)


def through_gathers(loss: Loss) -> Loss:
    """The same loss of one process, whose plain all-gathers carry gradient."""

    def carried(h: Tensor, h_prime: Tensor) -> Tensor:
        with _carrying():
            return loss(h, h_prime)

    return carried


@contextmanager
def _carrying() -> Iterator[None]:
    """What an all-gather over one process does, as a copy that autograd follows."""

    def all_gather(tensor_list: list[Tensor], tensor: Tensor, *_: Any, **__: Any) -> None:
        all_gather_into_tensor(tensor_list[0], tensor)

    def all_gather_into_tensor(out: Tensor, x: Tensor, *_: Any, **__: Any) -> None:
        with torch.enable_grad():
            out.copy_(x.view_as(out))

    with (
        patch.object(dist, "all_gather", all_gather),
        patch.object(dist, "all_gather_into_tensor", all_gather_into_tensor),
    ):
        yield
