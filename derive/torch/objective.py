"""Any objective as a `torch.nn.Module`: `objective("mvicreg", r=1.5)`."""

from functools import lru_cache
from typing import Any, Literal, Protocol

import torch
from sympy import Expr
from torch import Tensor, nn

from derive.canonical import for_formula
from derive.errors import InputError, ObjectiveError
from derive.nodes import D, N
from derive.objective import Objective
from derive.similarity import RowCoefficients, row_coefficients
from derive.sources import find
from derive.torch.batches import accumulating, check_batch, check_inputs, check_unit
from derive.torch.dense import DenseEngine
from derive.torch.lowering import Inputs, Values
from derive.torch.rows import Gradients, RowEngine

Embeddings = Literal["unit", "raw"]


class Engine(Protocol):
    """Value and gradients of a training scalar at a batch."""

    def value(self, h: Tensor, h_prime: Tensor, values: Values, inputs: Inputs) -> Tensor: ...

    def gradients(
        self, h: Tensor, h_prime: Tensor, values: Values, inputs: Inputs
    ) -> Gradients: ...


def objective(
    loss: str | Objective,
    *,
    embeddings: Embeddings | None = None,
    tile: int | None = None,
    **hyper: object,
) -> "FastObjective":
    """A loss module with a closed-form backward, lowered from the symbolic gradient.

    loss: what `derive.sources.find` takes (a name, FILE.py:NAME, FILE.json), or an `Objective`.
    embeddings: "unit", rows of norm 1 as given (the gradient is the ambient one of the formula),
    or "raw", normalised first; a loss of raw embeddings takes them as they are and has no such
    choice. tile: anchors a tile. hyper: hyper-parameters (tau=0.1); the others take their
    defaults.

    Raises `UnknownNameError`, `HyperparameterError`, `ObjectiveError` or `InputError`.

    >>> loss = objective("infonce", tau=0.1)
    >>> loss(torch.eye(3), torch.eye(3)) < 1e-3
    tensor(True)
    """
    return FastObjective(find(loss) if isinstance(loss, str) else loss, embeddings, tile, hyper)


class FastObjective(nn.Module):
    """forward(h, h_prime, **inputs) -> scalar: the training scalar of an objective.

    h, h_prime: (N, D) float tensors, N ≥ 2, the two views of N samples; inputs: those that the
    objective names (labels=(N,), or arrays of sample numbers (N, M)). The mean over anchors for
    objectives of one anchor's term, else the batch scalar. float16 and bfloat16 are computed in
    float32, also under autocast. Differentiable once.

    Raises `InputError` for other shapes, zero rows or entries that are not finite (and rows that
    are not of norm 1, where unit ones were promised).
    """

    def __init__(
        self,
        objective: Objective,
        embeddings: Embeddings | None,
        tile: int | None,
        hyper: dict[str, object],
    ):
        super().__init__()
        if embeddings not in (None, "unit", "raw"):
            raise InputError(f"embeddings={embeddings!r}: choose 'unit' or 'raw'.")
        if embeddings == "unit" and objective.embeddings == "raw":
            raise InputError(
                f"{objective.name} is a loss of raw embeddings, and embeddings='unit' was asked. "
                "Leave the option out."
            )
        self.objective = objective
        self.embeddings = embeddings or objective.embeddings
        self.hyper = objective.defaults(hyper)
        self.engine = build_engine(objective, tile)

    def extra_repr(self) -> str:
        settings = ", ".join(f"{name}={value}" for name, value in self.hyper.items())
        return f"{self.objective.name}, {settings}, embeddings={self.embeddings!r}"

    def forward(self, h: Tensor, h_prime: Tensor, **inputs: Tensor) -> Tensor:
        as_given = self.objective.embeddings == "raw"
        check_batch(h, h_prime, directions=not as_given)
        check_inputs(self.objective.inputs, inputs, h)
        with torch.autocast(h.device.type, enabled=False):
            return self._forward(h, h_prime, inputs, as_given)

    def _forward(self, h: Tensor, h_prime: Tensor, inputs: Inputs, as_given: bool) -> Tensor:
        dtype = h.dtype
        h, h_prime = (accumulating(x) for x in (h, h_prime))
        inputs = {name: x.long() for name, x in inputs.items()}
        if as_given:
            pass
        elif self.embeddings == "raw":
            h, h_prime = (nn.functional.normalize(x, dim=1, eps=0.0) for x in (h, h_prime))
        else:
            check_unit(h, h_prime, dtype)
        values = {name: _number(value, h) for name, value in self.hyper.items()}
        if torch.is_grad_enabled() and (h.requires_grad or h_prime.requires_grad):
            loss: Tensor = _Fused.apply(h, h_prime, self.engine, values, inputs)
            return loss.to(dtype)
        with torch.no_grad():
            return self.engine.value(h, h_prime, values, inputs).to(dtype)


def build_engine(objective: Objective, tile: int | None = None) -> Engine:
    """The engine of an objective, from its formula with symbolic hyper-parameters: tiled where
    every term is a function of its own row of cosines, else dense."""
    if tile is not None and (isinstance(tile, bool) or not isinstance(tile, int) or tile < 1):
        raise InputError(f"tile={tile!r}: give the number of anchors a tile, 1 or more.")
    rule = _derived(_Derivation(objective))
    return RowEngine(rule, tile) if isinstance(rule, RowCoefficients) else rule


class _Derivation:
    """An objective by what is derived from it: its class, or the formula of one with state."""

    def __init__(self, objective: Objective):
        self.objective = objective
        self.key: object = type(objective)
        if _has_state(objective):
            formula = for_formula(objective.formula())
            self.key = (formula, objective.differentiated, objective.embeddings)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Derivation) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def _has_state(objective: Objective) -> bool:
    slots = any(kind.__dict__.get("__slots__") for kind in type(objective).__mro__)
    return bool(vars(objective)) or slots


@lru_cache(maxsize=256)
def _derived(derivation: _Derivation) -> RowCoefficients | DenseEngine:
    objective = derivation.objective
    try:
        return row_coefficients(objective)
    except ObjectiveError:  # a scalar of the batch, or terms that need more than their row
        return DenseEngine.of(objective)


def _number(value: Expr, h: Tensor) -> float:
    return float(value.subs({N: h.shape[0], D: h.shape[1]}))


class _Fused(torch.autograd.Function):
    """Computes the gradients with the value and scales them in the backward pass."""

    @staticmethod
    def forward(
        ctx: Any, h: Tensor, h_prime: Tensor, engine: Engine, values: Values, inputs: Inputs
    ) -> Tensor:
        result = engine.gradients(h.detach(), h_prime.detach(), values, inputs)
        ctx.save_for_backward(result.by_h, result.by_h_prime)
        return result.value

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():  # create_graph=True
            upstream = _Once.apply(upstream.detach().requires_grad_())
        by_h, by_h_prime = ctx.saved_tensors
        needs_h, needs_h_prime = ctx.needs_input_grad[:2]
        return (
            upstream * by_h if needs_h else None,
            upstream * by_h_prime if needs_h_prime else None,
            None,
            None,
            None,
        )


class _Once(torch.autograd.Function):
    """Passes a gradient on, and refuses to be differentiated: a constant would be wrong."""

    @staticmethod
    def forward(ctx: Any, upstream: Tensor) -> Tensor:
        return upstream.clone()

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        raise InputError(
            "the fast objective has no second derivative. Use autograd of the oracle "
            "(verify.oracles.load(name)) where a gradient penalty or a Hessian is needed."
        )
