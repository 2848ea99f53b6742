"""A loss module at one example, to be asked again at a changed one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import torch
from torch import Tensor

from verify.comparison import Training, differentiated, training_scales
from verify.draws import Example
from verify.scales import units
from verify.slopes import Slopes
from verify.subject import Subject
from verify.ties import other_seed


@dataclass(frozen=True)
class Run:
    """A loss module at one example; seed and generator are those of its batch."""

    subject: Subject
    slopes: Slopes
    example: Example

    @cached_property
    def kind(self) -> str:
        return "raw" if self.subject.raw else "unit"

    def __call__(
        self,
        h: Tensor,
        h_prime: Tensor,
        inputs: Mapping[str, Tensor] | None = None,
        values: Mapping[str, float] | None = None,
    ) -> Training:
        values = self.example.values if values is None else values
        module = self.subject.fast(embeddings=self.kind, **values)
        given = self.example.inputs if inputs is None else inputs
        return differentiated(partial(module, **given), h, h_prime)

    @cached_property
    def base(self) -> Training:
        return self(self.example.h, self.example.h_prime)

    @cached_property
    def scales(self) -> tuple[Tensor, Tensor]:
        value, slope = training_scales(
            self.subject, self.example.h, self.example.h_prime, self.example
        )
        return torch.maximum(value, self.base.value.abs()), slope

    @property
    def generator(self) -> torch.Generator:
        return torch.Generator().manual_seed(other_seed(self.example.batch.seed))

    def apart(self, name: str, found: Training, wanted: Training) -> dict[str, float]:
        """Differences of a value and of two gradients, (N, D), along the sphere of their rows."""
        value, slope = self.scales
        rows = torch.cat([found.by_h - wanted.by_h, found.by_h_prime - wanted.by_h_prime])
        return {
            f"{name}: value": units(found.value - wanted.value, value),
            f"{name}: gradient": units(rows, slope),
        }
