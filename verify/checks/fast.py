"""The objective that trains (`derive.torch`) against the oracle: value and both gradients.

Unit embeddings, in one tile and in tiles of three anchors; and raw ones, rows scaled by 10⁻² to
10² and normalised by the objective, where the gradient is compared times the row's norm.
Unit gradients are compared along the sphere, as in `autograd`.

Tolerance: LIMIT units of eps·scale. Value: as in `autograd`. A gradient of the training scalar
adds up the terms of all anchors that a row takes part in; its scale is the largest sum of parts
(`autograd`) over the rows of a batch scalar, or the mean over anchors, of either order of the
views, times κ_gradient.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.linalg import vector_norm

from derive.verdict import Verdict
from verify import draws
from verify.checks.autograd import part_sizes, tangent, units
from verify.draws import Example
from verify.scales import Conditioning, conditioning
from verify.search import Search
from verify.subject import Subject

NAME = "fast"
LIMIT = 16.0
TILE = 3  # batches have 2 to 8 pairs: less than a tile, whole tiles, and a rest


@dataclass(frozen=True)
class Training:
    """value: the training scalar, (); by_h, by_h_prime: its gradients, (N, D)."""

    value: Tensor
    by_h: Tensor
    by_h_prime: Tensor


def check(subject: Subject, *, examples: int, seed: int) -> tuple[Verdict, str]:
    """REFUTED with the smallest counterexample, or AGREED with the worst case."""
    search = Search(_Comparison(subject), LIMIT)
    search.run(draws.examples(subject), examples, seed)
    return search.outcome()


class _Comparison:
    """Measures one example, in units."""

    def __init__(self, subject: Subject):
        self.subject = subject

    def __call__(self, example: Example) -> dict[str, float]:
        h, h_prime, values = example.batch.h, example.batch.h_prime, example.values
        subject = self.subject
        expected = differentiated(lambda x, y: subject.oracle(x, y, **values), h, h_prime)
        kappa, size = self.scales(h, h_prime, values)
        value_scale = (kappa.exponent + expected.value.abs()) * kappa.value
        found: dict[str, float] = {}
        for name, got in self.unit_runs(h, h_prime, values).items():
            found[f"{name} value"] = units(got.value - expected.value, value_scale)
            by_h = tangent(got.by_h - expected.by_h, h)
            by_h_prime = tangent(got.by_h_prime - expected.by_h_prime, h_prime)
            found[f"{name} gradient"] = units(torch.cat([by_h, by_h_prime]), size)
        raw, reference, norms = self.raw_run(example)
        found["raw value"] = units(raw.value - reference.value, value_scale)
        by_h = (raw.by_h - reference.by_h) * norms[0]
        by_h_prime = (raw.by_h_prime - reference.by_h_prime) * norms[1]
        found["raw gradient"] = units(torch.cat([by_h, by_h_prime]), size)
        return found

    def unit_runs(
        self, h: Tensor, h_prime: Tensor, values: dict[str, float]
    ) -> dict[str, Training]:
        make = self.subject.fast
        return {
            "unit": differentiated(make(embeddings="unit", **values), h, h_prime),
            "tiled": differentiated(make(embeddings="unit", tile=TILE, **values), h, h_prime),
        }

    def raw_run(self, example: Example) -> tuple[Training, Training, tuple[Tensor, Tensor]]:
        """The objective and the oracle on raw rows, and the rows' norms, two of (N, 1)."""
        values, h = example.values, example.batch.h
        generator = torch.Generator().manual_seed(example.batch.seed)
        shares = torch.rand(2, len(h), 1, generator=generator, dtype=h.dtype)
        norms = 10 ** (4 * shares - 2)
        x, y = norms[0] * h, norms[1] * example.batch.h_prime

        def oracle(x: Tensor, y: Tensor) -> Tensor:
            x, y = (z / vector_norm(z, dim=1, keepdim=True) for z in (x, y))
            return self.subject.oracle(x, y, **values)

        module = self.subject.fast(embeddings="raw", **values)
        return differentiated(module, x, y), differentiated(oracle, x, y), (norms[0], norms[1])

    def scales(
        self, h: Tensor, h_prime: Tensor, values: dict[str, float]
    ) -> tuple[Conditioning, Tensor]:
        """κ, and the scale of a gradient."""
        formula, split = self.subject.formula, self.subject.decomposition
        both = []
        for x, y in ((h, h_prime), (h_prime, h)):
            kappa = conditioning(formula, x, y, values)
            rows = kappa.exponent + part_sizes(split, x, y, values)
            size = rows.max() if self.subject.oracle_terms is None else rows.mean()
            both.append((kappa, size * kappa.gradient))
        return both[0][0], torch.maximum(both[0][1], both[1][1])


def differentiated(loss: object, h: Tensor, h_prime: Tensor) -> Training:
    """Value and gradients of loss(h, h_prime) by autograd."""
    x, y = h.clone().requires_grad_(), h_prime.clone().requires_grad_()
    value = loss(x, y)  # type: ignore[operator]
    by_h, by_h_prime = torch.autograd.grad(value, (x, y), materialize_grads=True)
    return Training(value.detach(), by_h, by_h_prime)
