"""Any objective as a `torch.nn.Module`: `objective("mvicreg", r=1.5)`."""

from functools import lru_cache
from typing import Any, Literal, Protocol

import torch
from sympy import Expr
from torch import Tensor, nn

from derive.errors import InputError, ObjectiveError
from derive.nodes import D, N
from derive.objective import Objective
from derive.objectives import load
from derive.similarity import RowCoefficients, row_coefficients
from derive.torch.dense import DenseEngine
from derive.torch.lowering import Values
from derive.torch.rows import Gradients, RowEngine

Embeddings = Literal["unit", "raw"]


class Engine(Protocol):
    """Value and gradients of a training scalar at a batch."""

    def value(self, h: Tensor, h_prime: Tensor, values: Values) -> Tensor: ...

    def gradients(self, h: Tensor, h_prime: Tensor, values: Values) -> Gradients: ...


def objective(
    loss: str | Objective,
    *,
    embeddings: Embeddings = "unit",
    tile: int | None = None,
    **hyper: object,
) -> "FastObjective":
    """A loss module with a closed-form backward, lowered from the symbolic gradient.

    loss: a name of the catalogue or an `Objective`. embeddings: "unit", rows of norm 1 as given
    (the gradient is the ambient one of the formula), or "raw", normalised first. tile: anchors a
    tile. hyper: hyper-parameters (tau=0.1); the others take their defaults.

    Raises `UnknownNameError`, `HyperparameterError`, `ObjectiveError` or `InputError`.

    >>> loss = objective("infonce", tau=0.1)
    >>> loss(torch.eye(3), torch.eye(3)) < 1e-3
    tensor(True)
    """
    return FastObjective(load(loss) if isinstance(loss, str) else loss, embeddings, tile, hyper)


class FastObjective(nn.Module):
    """forward(h, h_prime) -> scalar: the training scalar of an objective.

    h, h_prime: (N, D) float tensors, N ≥ 2, the two views of N samples. The mean over anchors for
    objectives of one anchor's term, else the batch scalar. float16 and bfloat16 are computed in
    float32, also under autocast. Differentiable once.

    Raises `InputError` for other shapes, zero rows or entries that are not finite (and rows that
    are not of norm 1, where unit ones were promised).
    """

    def __init__(
        self,
        objective: Objective,
        embeddings: Embeddings,
        tile: int | None,
        hyper: dict[str, object],
    ):
        super().__init__()
        if embeddings not in ("unit", "raw"):
            raise InputError(f"embeddings={embeddings!r}: choose 'unit' or 'raw'.")
        self.objective = objective
        self.embeddings = embeddings
        self.hyper = objective.defaults(hyper)
        self.engine = build_engine(objective, tile)

    def extra_repr(self) -> str:
        settings = ", ".join(f"{name}={value}" for name, value in self.hyper.items())
        return f"{self.objective.name}, {settings}, embeddings={self.embeddings!r}"

    def forward(self, h: Tensor, h_prime: Tensor) -> Tensor:
        _check_batch(h, h_prime)
        with torch.autocast(h.device.type, enabled=False):
            return self._forward(h, h_prime)

    def _forward(self, h: Tensor, h_prime: Tensor) -> Tensor:
        dtype = h.dtype
        h, h_prime = (_accumulating(x) for x in (h, h_prime))
        if self.embeddings == "raw":
            h, h_prime = (nn.functional.normalize(x, dim=1, eps=0.0) for x in (h, h_prime))
        else:
            _check_unit(h, h_prime, dtype)
        values = {name: _number(value, h) for name, value in self.hyper.items()}
        if torch.is_grad_enabled() and (h.requires_grad or h_prime.requires_grad):
            loss: Tensor = _Fused.apply(h, h_prime, self.engine, values)
            return loss.to(dtype)
        with torch.no_grad():
            return self.engine.value(h, h_prime, values).to(dtype)


def build_engine(objective: Objective, tile: int | None = None) -> Engine:
    """The engine of an objective, from its formula with symbolic hyper-parameters: tiled where
    every term is a function of its own row of cosines, else dense."""
    if tile is not None and (isinstance(tile, bool) or not isinstance(tile, int) or tile < 1):
        raise InputError(f"tile={tile!r}: give the number of anchors a tile, 1 or more.")
    stateless = not vars(objective)  # an instance with state is not its class
    rule = _derived(type(objective)) if stateless else _derive(objective)
    return RowEngine(rule, tile) if isinstance(rule, RowCoefficients) else rule


@lru_cache(maxsize=256)
def _derived(kind: type[Objective]) -> RowCoefficients | DenseEngine:
    return _derive(kind())


def _derive(objective: Objective) -> RowCoefficients | DenseEngine:
    try:
        return row_coefficients(objective)
    except ObjectiveError:  # a scalar of the batch, or terms that need more than their row
        return DenseEngine.of(objective)


def _number(value: Expr, h: Tensor) -> float:
    return float(value.subs({N: h.shape[0], D: h.shape[1]}))


class _Fused(torch.autograd.Function):
    """Computes the gradients with the value and scales them in the backward pass."""

    @staticmethod
    def forward(ctx: Any, h: Tensor, h_prime: Tensor, engine: Engine, values: Values) -> Tensor:
        result = engine.gradients(h.detach(), h_prime.detach(), values)
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


def _accumulating(x: Tensor) -> Tensor:
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def _check_batch(h: Tensor, h_prime: Tensor) -> None:
    if h.ndim != 2 or h.shape != h_prime.shape:
        raise InputError(
            f"h has shape {tuple(h.shape)} and h_prime {tuple(h_prime.shape)}. "
            "Both must be (N, D), row i of the one the positive of row i of the other."
        )
    if h.shape[0] < 2:
        raise InputError(f"a batch of {h.shape[0]} has no negatives. Give at least two pairs.")
    if not h.is_floating_point() or h.dtype != h_prime.dtype:
        raise InputError(f"h is {h.dtype} and h_prime {h_prime.dtype}. Give one floating dtype.")
    for name, x in (("h", h), ("h_prime", h_prime)):
        norms = (
            x.detach().float().norm(dim=1) if x.dtype != torch.float64 else x.detach().norm(dim=1)
        )
        if not bool((norms > 0).all() & norms.isfinite().all()):
            bad = int((~((norms > 0) & norms.isfinite())).nonzero()[0])
            raise InputError(
                f"row {bad} of {name} is zero or not finite: it has no direction. Check the "
                "encoder's output (an empty input, an overflow) before the loss."
            )


def _check_unit(h: Tensor, h_prime: Tensor, dtype: torch.dtype) -> None:
    tolerance = 64 * torch.finfo(dtype).eps
    for name, x in (("h", h), ("h_prime", h_prime)):
        worst = float((x.detach().norm(dim=1) - 1).abs().max())
        if worst > tolerance:
            raise InputError(
                f"a row of {name} has a norm {worst:.2g} away from 1, and unit embeddings were "
                "promised. Normalise them, or use objective(..., embeddings='raw')."
            )
