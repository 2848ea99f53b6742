"""What trains in float16 and bfloat16 against the oracle: computed in float32, rounded once.

Rows of 16-bit numbers are normalised by the objective (a loss of raw embeddings takes them as they
are), the oracle gets the same numbers in float64. What comes back may be off by the rounding of a
float32 computation, LIMIT units of float32's eps times the scale (`checks.fast`), and by the last
rounding: half an eps of the dtype of the result, or half its least number. A result beyond the
dtype's largest number is ±∞. So the error is far below the eps of the dtype times the scale, which
a computation in 16 bits would need.

Rows whose rounding put a gate or a maximum at its edge are not compared.
"""

import torch
from torch import Tensor
from torch.linalg import vector_norm

from verify.clear import is_away_from_gates
from verify.comparison import Training, differentiated, training_scales
from verify.draws import Example
from verify.subject import Subject

HALVES = (torch.float16, torch.bfloat16)
_LIMIT = 16.0
SINGLE = torch.finfo(torch.float32).eps


class Halves:
    """Measures one example: 16 units are all that is allowed."""

    def __init__(self, subject: Subject, dtype: torch.dtype):
        self.subject, self.dtype = subject, dtype

    def __call__(self, example: Example) -> dict[str, float]:
        subject, given = self.subject, {**example.values, **example.inputs}
        h, h_prime = example.h.to(self.dtype), example.h_prime.to(self.dtype)
        near = self._normalised(h.double()), self._normalised(h_prime.double())
        if not is_away_from_gates(example, near):
            return {}

        def oracle(x: Tensor, y: Tensor) -> Tensor:
            return subject.oracle(self._normalised(x), self._normalised(y), **given)

        module = subject.fast(embeddings="raw", **example.values)
        found = differentiated(lambda x, y: module(x, y, **example.inputs), h, h_prime)
        expected = differentiated(oracle, h.double(), h_prime.double())
        value_scale, scale = training_scales(subject, *near, example)
        return self._errors(found, expected, value_scale, scale)

    def _normalised(self, x: Tensor) -> Tensor:
        return x if self.subject.raw else x / vector_norm(x, dim=1, keepdim=True)

    def _errors(
        self, found: Training, expected: Training, value_scale: Tensor, scale: Tensor
    ) -> dict[str, float]:
        label = str(self.dtype).split(".")[-1]
        value_scale = torch.maximum(value_scale, expected.value.abs())
        pairs = {
            "value": (found.value, expected.value, value_scale),
            "∂h": (found.by_h, expected.by_h, scale),
            "∂h'": (found.by_h_prime, expected.by_h_prime, scale),
        }
        return {f"{label} {name}": self._units(*of) for name, of in pairs.items()}

    def _units(self, got: Tensor, right: Tensor, scale: Tensor) -> float:
        info = torch.finfo(self.dtype)
        least = info.smallest_normal * info.eps
        allowed = _LIMIT * SINGLE * scale + 0.5 * torch.maximum(
            info.eps * right.abs(), torch.tensor(least, dtype=right.dtype)
        )
        beyond = right.abs() > info.max * (1 - info.eps)
        apart = (got.double() - right).abs().masked_fill(beyond, 0.0)
        wrong = beyond & ~(got.isinf() | (got.abs() >= info.max * (1 - 2 * info.eps)))
        return torch.inf if wrong.any() else (_LIMIT * apart / allowed).max().item()
