"""What is verified: a loss in each of the forms that have to agree."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sympy import Expr, Integer

from derive.hyper import Hyper, read_settings
from derive.nodes import D, N
from derive.objective import Objective
from derive.objectives import load
from derive.paradigm import Decomposition, decompose

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

Loss = Callable[..., "Tensor"]


@dataclass(frozen=True)
class Subject:
    """objective: the formula; decomposition: derived from it; oracle: the training scalar in
    plain torch; oracle_terms: one value an anchor (None for a batch scalar); fast: makes the
    module that trains, from `embeddings` and hyper-parameters; settings: those that are fixed.
    """

    name: str
    objective: Objective
    decomposition: Decomposition
    oracle: Loss
    oracle_terms: Loss | None
    fast: "Callable[..., Module]"
    settings: Mapping[str, Expr]

    @classmethod
    def of(cls, name: str, settings: Mapping[str, object] | None = None) -> "Subject":
        """The loss of that name. Raises `UnknownNameError`, `HyperparameterError`, and
        `DecompositionError` if it could not be derived."""
        from verify import oracles

        objective = load(name)
        values = read_settings(objective.hyper, settings or {})
        terms = oracles.load_terms(name) if objective.differentiated == "anchor" else None

        def fast(**arguments: Any) -> "Module":
            import derive.torch

            module: Module = derive.torch.objective(name, **arguments)
            return module

        decomposition = decompose(objective, values)
        return cls(name, objective, decomposition, oracles.load(name), terms, fast, values)

    @property
    def formula(self) -> Expr:
        """L_i or the batch scalar, with the settings put in."""
        return self.decomposition.coefficients.formula

    @property
    def raw(self) -> bool:
        """Whether the embeddings are taken as they are, and not as unit vectors."""
        return self.objective.embeddings == "raw"

    def comparable(self, gradient: "Tensor", h: "Tensor") -> "Tensor":
        """What of a gradient by h two forms of the loss agree on: all of it, or for unit vectors
        the part along the sphere, since the forms extend the loss off it in different ways."""
        return gradient if self.raw else gradient - (gradient * h).sum(dim=1, keepdim=True) * h

    @property
    def free(self) -> tuple[Hyper, ...]:
        """The hyper-parameters that no setting fixes."""
        return tuple(x for x in self.objective.hyper if x.name not in self.settings)

    def values(self, drawn: Mapping[str, float]) -> dict[str, float]:
        """Every hyper-parameter as a float: as set, or as drawn."""
        fixed = {name: float(value) for name, value in self.settings.items()}
        return {
            x.name: fixed[x.name] if x.name in fixed else drawn[x.name]
            for x in self.objective.hyper
        }


def default_value(hyper: Hyper, n: int, d: int) -> float:
    """A default as a number: it may depend on the sizes of the batch."""
    return float(hyper.default.subs({N: Integer(n), D: Integer(d)}))
