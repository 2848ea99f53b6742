"""A formula as the two functions that an oracle file has: the training scalar, and its terms."""

from dataclasses import dataclass
from functools import cached_property

import torch
from sympy import Expr
from torch import Tensor

from derive.errors import ContragradError, LoweringError
from derive.nodes import ANCHOR
from derive.objective import Objective
from verify.formula.evaluator import Evaluator


class NotFiniteError(ContragradError):
    """A point where the formula, or autograd of it, has no finite value."""


@dataclass(frozen=True)
class Formula:
    """h, h_prime: (N, D), N ≥ 2; arguments: every hyper-parameter, a number, and every input.

    Raises `LoweringError` for a formula that cannot be evaluated, and `NotFiniteError` where its
    value or its gradient is not finite: nothing can be compared with it there.
    """

    objective: Objective

    def loss(self, h: Tensor, h_prime: Tensor, **arguments: object) -> Tensor:
        """The training scalar: the batch scalar, or the mean of the terms."""
        if self.objective.differentiated == "anchor":
            return self.terms(h, h_prime, **arguments).mean()
        return self._evaluated(h, h_prime, arguments, 0)

    def terms(self, h: Tensor, h_prime: Tensor, **arguments: object) -> Tensor:
        """(N,): the term of each anchor."""
        return self._evaluated(h, h_prime, arguments, 1).expand(len(h))

    @cached_property
    def _expression(self) -> Expr:
        return self.objective.formula()

    def _evaluated(
        self, h: Tensor, h_prime: Tensor, arguments: dict[str, object], dimensions: int
    ) -> Tensor:
        inputs = {k: v for k, v in arguments.items() if isinstance(v, Tensor)}
        values = {k: float(v) for k, v in arguments.items() if isinstance(v, float | int)}
        h, h_prime = _watched(h), _watched(h_prime)
        found = Evaluator(h, h_prime, values, inputs)(self._expression)
        if not set(found.axes) <= {ANCHOR} or found.data.ndim > dimensions:
            raise LoweringError(
                f"the formula of {self.objective.name} depends on the indices "
                f"{', '.join(map(str, found.axes))}. Bind them with sums, or state "
                "differentiated = 'anchor'."
            )
        if not found.data.isfinite().all():
            raise NotFiniteError(
                f"the formula is not finite at a batch of N={len(h)}, D={h.shape[1]}, {values}: "
                "nothing was compared. Keep its logarithms, roots and quotients away from their "
                "poles."
            )
        return found.data


def _watched(x: Tensor) -> Tensor:
    """The same rows; their gradient has to be finite."""
    if not x.requires_grad:
        return x
    x = x.clone()
    x.register_hook(_check_finite)
    return x


def _check_finite(gradient: Tensor) -> None:
    if not torch.isfinite(gradient).all():
        raise NotFiniteError(
            f"autograd of the formula is not finite at a batch of shape {tuple(gradient.shape)}: "
            "nothing was compared. Keep its roots and quotients away from their poles."
        )
