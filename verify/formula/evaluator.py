"""The values of expressions on one batch, as tensors that autograd follows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import torch
from sympy import Expr
from torch import Tensor

from derive.errors import LoweringError
from derive.nodes import (
    ExtraIndex,
    FeatureIndex,
    Given,
    HardestIndex,
    Index,
    View,
    free_indices,
)
from verify.formula.grids import Grid, pointwise

Rule = Callable[["Evaluator", Expr], Grid]


class Evaluator:
    """Evaluates expressions by a rule a node, each once.

    h, h_prime: (N, D); values: hyper-parameters by name; inputs: labels (N,) or sample numbers
    (N, M). Raises `LoweringError` for a node without a rule, a name without a value, an input
    that was not given.
    """

    def __init__(
        self, h: Tensor, h_prime: Tensor, values: Mapping[str, float], inputs: Mapping[str, Tensor]
    ):
        self.h, self.h_prime, self.values, self.inputs = h, h_prime, values, inputs
        self._guards: tuple[Expr, ...] = ()
        self._known: dict[tuple[Expr, tuple[Expr, ...]], Grid] = {}

    def __call__(self, e: Expr) -> Grid:
        key = (e, self.guards_of(e))
        if key not in self._known:
            self._known[key] = self._rule(e)(self, e)
        return self._known[key]

    def _rule(self, e: Expr) -> Rule:
        from verify.formula.rules import RULES

        for kind in type(e).__mro__:
            if kind in RULES:
                return RULES[kind]
        if e.is_number:
            return lambda ev, x: ev.number(float(x))
        raise LoweringError(
            f"no rule for {type(e).__name__} (in {e}). Add one to verify/formula/rules.py."
        )

    def number(self, x: float) -> Grid:
        return Grid(torch.tensor(x, dtype=self.h.dtype))

    @contextmanager
    def guarded(self, guards: Iterable[Expr]) -> Iterator[None]:
        """While these conditions on indices multiply what is evaluated: where one is 0, the rest
        may have a pole, and counts for nothing."""
        before = self._guards
        self._guards = (*before, *guards)
        try:
            yield
        finally:
            self._guards = before

    def guards_of(self, e: Expr) -> tuple[Expr, ...]:
        """The conditions in force on the indices of an expression."""
        if not self._guards:
            return ()
        free = free_indices(e)
        return tuple(dict.fromkeys(x for x in self._guards if free_indices(x) <= free))

    def shielded(self, e: Expr, instead: float) -> Grid:
        """The value of e, or another where a condition in force is 0: no pole is met there, in
        the backward neither."""
        return self.shield(self(e), e, instead)

    def shield(self, value: Grid, e: Expr, instead: float) -> Grid:
        """As `shielded`, of a value that stands for e."""
        for guard in self.guards_of(e):
            value = pointwise(
                lambda x, holds: torch.where(holds != 0, x, instead), value, self(guard)
            )
        return value

    def size(self, index: Index) -> int:
        if isinstance(index, ExtraIndex):
            return next(x.shape[1] for x in self.inputs.values() if x.ndim == 2)
        return int(self.h.shape[1 if isinstance(index, FeatureIndex) else 0])

    def given(self, name: str) -> Tensor:
        """An input of the loss."""
        if name not in self.inputs:
            raise LoweringError(f"no input {name}. Name it in the objective's inputs.")
        return self.inputs[name]

    def positions(self, index: Expr) -> Grid:
        """The sample or feature numbers that an index stands for."""
        if isinstance(index, HardestIndex):
            return self(index)
        if isinstance(index, Given):
            array, i, m = index.args
            return Grid(self.given(array.name), (i, m))
        return Grid(torch.arange(self.size(index)), (index,))

    def rows(self, view: View, index: Expr, feature: Expr) -> Grid:
        """v_ia over i (or what stands for it) and a."""
        data = self.h_prime if view.name.endswith("'") else self.h
        if view.role == "centred":
            data = data - data.mean(dim=0)
        if view.stopped:
            data = data.detach()
        at = self.positions(index)
        return Grid(data[at.data], (*at.axes, feature))
