"""What is checked: a loss with its oracle, and batches for it."""

from collections.abc import Callable, Mapping
from random import Random

import torch
from torch import Tensor
from torch.nn.functional import normalize

from derive.nodes import D, N
from derive.objectives import load
from verify import oracles
from verify.inputs import as_tensors, draw_inputs

Inputs = Mapping[str, Tensor]
Loss = Callable[..., Tensor]


def batch(loss: str, n: int, d: int, seed: int = 0) -> tuple[Tensor, Tensor, Inputs]:
    """Two views, (n, d), float64 on the CPU, and what else the loss takes.

    Positives are 1.5 noises away (cosines about .55), so that losses and gates are neither
    saturated nor trivial; unit rows, or norms .3 to 3 where the loss is of raw embeddings.
    """
    generator = torch.Generator().manual_seed(seed)
    h = torch.randn(n, d, dtype=torch.float64, generator=generator)
    h_prime = h + 1.5 * torch.randn(n, d, dtype=torch.float64, generator=generator)
    h, h_prime = normalize(h, dim=1), normalize(h_prime, dim=1)
    if load(loss).embeddings == "raw":
        norms = torch.linspace(0.3, 3, n, dtype=torch.float64)[:, None]
        h, h_prime = norms * h, norms.flip(0) * h_prime
    return h, h_prime, as_tensors(draw_inputs(load(loss).inputs, n, Random(seed)))


def defaults(loss: str, n: int, d: int) -> dict[str, float]:
    """Every hyper-parameter's default at a batch of that size."""
    return {k: float(v.subs({N: n, D: d})) for k, v in load(loss).defaults().items()}


def oracle(loss: str, n: int, d: int) -> Loss:
    """The loss in plain torch, with the default hyper-parameters at a batch of that size."""
    values, function = defaults(loss, n, d), oracles.load(loss)
    return lambda h, h_prime, **inputs: function(h, h_prime, **values, **inputs)


def on(device: torch.device, inputs: Inputs) -> Inputs:
    return {name: x.to(device) for name, x in inputs.items()}


def results(loss: Loss, h: Tensor, h_prime: Tensor, inputs: Inputs) -> tuple[Tensor, ...]:
    """The value and both gradients, float64 on the CPU; computed where and as the batch is."""
    h, h_prime = (x.detach().clone().requires_grad_() for x in (h, h_prime))
    value = loss(h, h_prime, **inputs)
    # A loss of one view leaves the other out.
    gradients = torch.autograd.grad(value, (h, h_prime), allow_unused=True, materialize_grads=True)
    return tuple(x.detach().double().cpu() for x in (value, *gradients))
