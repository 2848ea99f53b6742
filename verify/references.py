"""A loss of the catalogue by name, as a callable of two views: its oracle, with its settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Expr
from torch import Tensor
from torch.nn.functional import normalize

from derive.errors import ObjectiveError
from derive.objective import Objective
from derive.objectives import load
from verify import oracles
from verify.subject import at_sizes


@dataclass(frozen=True)
class Reference:
    """reference(h, h_prime) → scalar, of rows of any norm: a loss of unit rows normalises them.

    settings: of every hyper-parameter, also as an expression of the batch's sizes.
    """

    objective: Objective
    settings: Mapping[str, Expr]

    @classmethod
    def of(
        cls, name: str, hyper: Mapping[str, Any], settings: Mapping[str, Any] | None = None
    ) -> "Reference":
        """hyper: those of another loss, of which this one takes what it knows by name, where it is
        a number; settings: its own, all of which it must know.

        Raises `UnknownNameError`, `HyperparameterError`, and `ObjectiveError` for a loss that takes
        more than two views.
        """
        objective = load(name)
        if objective.inputs:
            raise ObjectiveError(
                f"{name} takes {', '.join(objective.inputs)} beside two views, which are not drawn "
                "here. Compare with a function that fixes them."
            )
        known = {x.name for x in objective.hyper}
        shared = {k: v for k, v in hyper.items() if k in known and isinstance(v, int | float)}
        return cls(objective, objective.defaults({**shared, **(settings or {})}))

    @property
    def unit(self) -> bool:
        """Whether it is a loss of unit rows."""
        return self.objective.embeddings == "unit"

    @property
    def __name__(self) -> str:
        return self.objective.name

    def __call__(self, h: Tensor, h_prime: Tensor) -> Tensor:
        numbers = {k: at_sizes(v, *h.shape) for k, v in self.settings.items()}
        if self.unit:
            h, h_prime = normalize(h, dim=1), normalize(h_prime, dim=1)
        return oracles.load(self.objective.name)(h, h_prime, **numbers)
