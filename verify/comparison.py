"""The objective that trains against the oracle at one batch, in units of rounding.

The oracle is always evaluated in float64, at the numbers that the objective got: the rows rounded
to its dtype.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.linalg import vector_norm

from verify.draws import Example
from verify.scales import EPS, conditioning, part_sizes, units
from verify.strategies import unit
from verify.subject import Subject


@dataclass(frozen=True)
class Training:
    """value: the training scalar, (); by_h, by_h_prime: its gradients, (N, D)."""

    value: Tensor
    by_h: Tensor
    by_h_prime: Tensor


class Comparison:
    """Measures one example, in units of the dtype's eps.

    tile: anchors a tile in the tiled run (the others take the objective's own choice).
    """

    def __init__(self, subject: Subject, tile: int, dtype: torch.dtype = torch.float64):
        self.subject = subject
        self.tile = tile
        self.dtype = dtype

    def __call__(self, example: Example) -> dict[str, float]:
        label = "" if self.dtype == torch.float64 else f"{str(self.dtype).split('.')[-1]} "
        one = torch.finfo(self.dtype).eps / EPS
        return {f"{label}{name}": x / one for name, x in self.measure(example).items()}

    def measure(self, example: Example) -> dict[str, float]:
        """In units of float64's eps."""
        subject, given = self.subject, {**example.values, **example.inputs}
        rows = example.h.to(self.dtype), example.h_prime.to(self.dtype)
        h, h_prime = (x.double() for x in rows)
        expected = differentiated(lambda x, y: subject.oracle(x, y, **given), h, h_prime)
        # A float32 row is off the sphere by more than its formulas in float64 allow for.
        near = (h, h_prime) if subject.raw else (unit(h), unit(h_prime))
        value_scale, size = self.scales(*near, example)
        value_scale = torch.maximum(value_scale, expected.value.abs())
        found: dict[str, float] = {}
        for name, got in self.runs_as_given(*rows, example).items():
            found[f"{name} value"] = units(got.value - expected.value, value_scale)
            by_h = subject.comparable(got.by_h - expected.by_h, h)
            by_h_prime = subject.comparable(got.by_h_prime - expected.by_h_prime, h_prime)
            found[f"{name} gradient"] = units(torch.cat([by_h, by_h_prime]), size)
        if subject.raw:
            return found  # nothing is normalised
        raw, reference, norms = self.raw_run(example)
        found["raw value"] = units(raw.value - reference.value, value_scale)
        by_h = (raw.by_h - reference.by_h) * norms[0]
        by_h_prime = (raw.by_h_prime - reference.by_h_prime) * norms[1]
        found["raw gradient"] = units(torch.cat([by_h, by_h_prime]), size)
        return found

    def runs_as_given(self, h: Tensor, h_prime: Tensor, example: Example) -> dict[str, Training]:
        """The objective on the rows of the example, in its own tiles and in small ones."""
        make, values, inputs = self.subject.fast, example.values, example.inputs
        kind = "raw" if self.subject.raw else "unit"
        modules = {
            kind: make(embeddings=kind, **values),
            "tiled": make(embeddings=kind, tile=self.tile, **values),
        }
        return {k: differentiated(partial(f, **inputs), h, h_prime) for k, f in modules.items()}

    def raw_run(self, example: Example) -> tuple[Training, Training, tuple[Tensor, Tensor]]:
        """The objective and the oracle on raw rows, and the rows' norms, two of (N, 1)."""
        values, h = example.values, example.batch.h
        generator = torch.Generator().manual_seed(example.batch.seed)
        shares = torch.rand(2, len(h), 1, generator=generator, dtype=h.dtype)
        norms = 10 ** (4 * shares - 2)
        x, y = ((norms[k] * z).to(self.dtype) for k, z in enumerate((h, example.batch.h_prime)))

        def oracle(x: Tensor, y: Tensor) -> Tensor:
            x, y = (z / vector_norm(z, dim=1, keepdim=True) for z in (x, y))
            return self.subject.oracle(x, y, **values, **example.inputs)

        module = partial(self.subject.fast(embeddings="raw", **values), **example.inputs)
        reference = differentiated(oracle, x.double(), y.double())
        return differentiated(module, x, y), reference, (norms[0], norms[1])

    def scales(self, h: Tensor, h_prime: Tensor, example: Example) -> tuple[Tensor, Tensor]:
        """As `training_scales`, of the subject."""
        return training_scales(self.subject, h, h_prime, example)


def training_scales(
    subject: Subject, h: Tensor, h_prime: Tensor, example: Example
) -> tuple[Tensor, Tensor]:
    """The scale of the value of the training scalar, but for its size, and that of a gradient."""
    formula, split = subject.formula, subject.decomposition
    values, inputs = example.values, example.inputs
    both = []
    for x, y in ((h, h_prime), (h_prime, h)):
        kappa = conditioning(formula, x, y, values, inputs)
        rows = kappa.exponent + part_sizes(split, x, y, values, inputs)
        by_batch = subject.oracle_terms is None
        slope, total = (rows.max(), rows.sum()) if by_batch else (rows.mean(), rows.mean())
        both.append((total * kappa.value, slope * kappa.gradient))
    return both[0][0], torch.maximum(both[0][1], both[1][1])


def differentiated(
    loss: Callable[[Tensor, Tensor], Tensor], h: Tensor, h_prime: Tensor
) -> Training:
    """Value and gradients of loss(h, h_prime) by autograd, computed in the dtype of h."""
    x, y = h.clone().requires_grad_(), h_prime.clone().requires_grad_()
    value = loss(x, y)
    by_h, by_h_prime = torch.autograd.grad(value, (x, y), materialize_grads=True)
    return Training(value.detach(), by_h, by_h_prime)
