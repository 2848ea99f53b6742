"""The step of `training` in one process: autograd of the oracle on the whole batch."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from derive.objectives import load
from derive.torch import objective
from tests.derive.batches import default_values
from tests.derive.distributed.training import Case, D, Encoder, Step, batch, encoded, gradients
from verify import oracles

EXACT = 1e-12
Scalar = Callable[..., Tensor]  # (h, h_prime, **inputs) -> (), of rows of any norm


@dataclass(frozen=True)
class Whole:
    """scales: for each parameter, Σ over rows of ‖the row's part of the gradient‖: what the parts
    that cancel have been."""

    step: Step
    scales: dict[str, float]

    @classmethod
    def of(cls, case: Case, scalar: Callable[[Case, Encoder], Scalar]) -> "Whole":
        encoder = Encoder(case, learns=bool(case.learned))
        e, given = encoded(encoder, batch(case))
        value = scalar(case, encoder)(**given)
        (by_e,) = torch.autograd.grad(value, e, retain_graph=True)
        value.backward(retain_graph=True)
        found = gradients(encoder, {})
        scales = {name: float(g.abs().max()) for name, g in found.items()}
        return cls(Step(value.item(), found), scales | _scales(encoder, e, by_e))

    def error(self, step: Step) -> float:
        """The largest error of a parameter's gradient, relative to its largest entry, or to the
        parts of rows where these cancel (a shift that the loss does not see)."""
        assert step.gradients.keys() == self.step.gradients.keys()
        return max(
            float((step.gradients[name] - g).abs().max()) / self._size(name)
            for name, g in self.step.gradients.items()
        )

    def _size(self, name: str) -> float:
        largest = float(self.step.gradients[name].abs().max())
        return largest if largest > 1e-3 * self.scales[name] else self.scales[name]

    def alive(self) -> bool:
        """Whether rows contribute to the gradient, and a sizeable part of that does not cancel."""
        found = self.step.gradients
        total = max(self.scales.values())
        return total > 1e-3 and max(float(g.norm()) for g in found.values()) > 1e-3 * total


def by_oracle(case: Case, encoder: Encoder) -> Scalar:
    values = default_values(load(case.loss), sum(case.sizes), D, **case.hyper)

    def loss(h: Tensor, h_prime: Tensor, **inputs: Tensor) -> Tensor:
        if case.embeddings == "raw":
            h, h_prime = normalize(h, dim=1), normalize(h_prime, dim=1)
        return oracles.load(case.loss)(h, h_prime, **{**values, **encoder.learned}, **inputs)

    return loss


def by_objective(case: Case, encoder: Encoder) -> Scalar:
    """Ours, without gather."""
    hyper = {**case.hyper, **encoder.learned}
    return objective(case.loss, embeddings=case.embeddings, **hyper)


def disagreement(case: Case, ranks: list[Step | Exception]) -> str:
    """What differs from one process, or nothing. Oracles take no extras: our objective does."""
    if errors := [x for x in ranks if not isinstance(x, Step)]:
        return f"{case}: {errors[0]}"
    references = (by_objective,) if case.extras else (by_oracle, by_objective)
    return next(filter(None, (_difference(case, ranks, x) for x in references)), "")


def _difference(case: Case, ranks: list[Step], reference: Callable[[Case, Encoder], Scalar]) -> str:
    whole = Whole.of(case, reference)
    assert whole.alive(), f"{case}: the gradient is negligible, choose another batch"
    assert len({step.value for step in ranks}) == 1, f"{case}: ranks return different values"
    off = abs(ranks[0].value - whole.step.value)
    if off > EXACT * max(1, abs(whole.step.value)):
        return f"{case}: value off by {off:.2g}"
    worst = max(whole.error(step) for step in ranks)
    return "" if worst <= EXACT else f"{case}: gradient off by {worst:.2g}"


def _scales(encoder: Encoder, e: Tensor, by_e: Tensor) -> dict[str, float]:
    named = dict(encoder.layers.named_parameters())
    total = dict.fromkeys(named, 0.0)
    for row, upstream in zip(e, by_e, strict=True):
        parts = torch.autograd.grad(row, list(named.values()), upstream, retain_graph=True)
        for name, part in zip(named, parts, strict=True):
            total[name] += float(part.norm())
    return total
