"""What is verified: a loss in each of the forms that have to agree."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sympy import Expr, Integer

from derive.hyper import Hyper, read_settings
from derive.nodes import D, N
from derive.objective import Objective
from derive.objectives import REGISTRY, load
from derive.paradigm import Decomposition, decompose
from derive.sources import find

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

Loss = Callable[..., "Tensor"]
Reference = Literal["oracle", "formula"]


@dataclass(frozen=True)
class Subject:
    """objective: the formula; decomposition: derived from it; oracle: the training scalar in
    plain torch; oracle_terms: one value an anchor (None for a batch scalar); fast: makes the
    module that trains, from `embeddings` and hyper-parameters; settings: those that are fixed.
    reference: what `oracle` is, an independent "oracle", or the loss's own "formula" in another
    evaluation (`verify.formula`): then the derivation is checked, and not the formula.
    """

    name: str
    objective: Objective
    decomposition: Decomposition
    oracle: Loss
    oracle_terms: Loss | None
    fast: "Callable[..., Module]"
    settings: Mapping[str, Expr]
    reference: Reference = "oracle"

    @classmethod
    def of(cls, loss: str | Objective, settings: Mapping[str, object] | None = None) -> "Subject":
        """The loss that `derive.sources.find` finds under that name, or an objective.

        Raises as `find`, `HyperparameterError`, and `DecompositionError` if it could not be
        derived.
        """
        objective = find(loss) if isinstance(loss, str) else loss
        name = loss if isinstance(loss, str) else loss.name
        values = read_settings(objective.hyper, settings or {})

        def fast(**arguments: Any) -> "Module":
            import derive.torch

            module: Module = derive.torch.objective(objective, **arguments)
            return module

        reference, oracle, terms = _reference(objective)
        split = decompose(objective, values)
        return cls(name, objective, split, oracle, terms, fast, values, reference)

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

    def values(self, drawn: Mapping[str, float], n: int, d: int) -> dict[str, float]:
        """Every hyper-parameter as a float: as set (at N = n, D = d), or as drawn."""
        fixed = {name: at_sizes(value, n, d) for name, value in self.settings.items()}
        return {
            x.name: fixed[x.name] if x.name in fixed else drawn[x.name]
            for x in self.objective.hyper
        }


def _reference(objective: Objective) -> tuple[Reference, Loss, Loss | None]:
    """What the loss is compared with, its scalar, and its terms if it is one of anchors."""
    from verify import oracles

    by_anchor, name = objective.differentiated == "anchor", objective.name
    if _is_of_the_catalogue(objective):
        return "oracle", oracles.load(name), oracles.load_terms(name) if by_anchor else None
    from verify.formula import Formula

    formula = Formula(objective)
    return "formula", formula.loss, formula.terms if by_anchor else None


def _is_of_the_catalogue(objective: Objective) -> bool:
    """By its class: a loss of the user's may have any name."""
    return objective.name in REGISTRY and type(load(objective.name)) is type(objective)


def default_value(hyper: Hyper, n: int, d: int) -> float:
    """A default as a number: it may depend on the sizes of the batch."""
    return at_sizes(hyper.default, n, d)


def at_sizes(value: Expr, n: int, d: int) -> float:
    """A value of N and D as a number."""
    return float(value.subs({N: Integer(n), D: Integer(d)}))
