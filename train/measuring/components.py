"""Gradient dissipation, weight and ratio of a loss at a batch, from its derived decomposition.

The expressions are those that `derive show` prints, lowered to torch node by node as `verify`
lowers them; no component is typed in here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from sympy import Expr, Integer
from torch import Tensor

from derive.nodes import ANCHOR, FEATURE, NEGATIVE, D, Index, N, Named, Step
from derive.objective import Objective
from derive.paradigm import Decomposition, decompose, revealed
from derive.torch.lowering import Evaluator
from train.measuring.geometry import others

NO_NEGATIVES = "there are no negatives"
RAW = "the loss is of raw embeddings: no normalisation takes a part of its gradient away"
NO_RATIO = "the pushes sum to zero, so there is no ratio"


@dataclass(frozen=True)
class Parts:
    """The components at one batch, float64.

    dissipation: (N,), GD_i, or None. hardest: (N,), max_j |W_ij| / Σ_j |W_ij|, over all views of
    the negatives, NaN where no W_ij is finite and not 0; or None. signed: whether a W_ij is
    negative. ratio: (N,), R_i, or None; diagonal: (N, D), what is added to R_i for each feature, or
    None. push, pull, rest: (N, D), ∂L/∂h_i = push − pull + rest, ambient.
    """

    dissipation: Tensor | None
    hardest: Tensor | None
    signed: bool
    ratio: Tensor | None
    diagonal: Tensor | None
    push: Tensor
    pull: Tensor
    rest: Tensor


@dataclass(frozen=True)
class Components:
    """An objective's decomposition with its hyper-parameters, ready to be evaluated."""

    decomposition: Decomposition
    hyper: Mapping[str, Expr]

    @classmethod
    def of(cls, objective: Objective, settings: Mapping[str, Any]) -> "Components":
        """Raises `ContragradError` where the gradient cannot be derived or decomposed."""
        return cls(decompose(objective, settings), objective.defaults(settings))

    @property
    def reasons(self) -> dict[str, str]:
        """Component → why this loss has none."""
        d, found = self.decomposition, {}
        if not d.ungated:
            found["dissipation"] = d.no_gauge
        if not d.weight:
            found["hardest_share"] = NO_NEGATIVES
        if d.ratio is None:
            found["ratio"] = NO_NEGATIVES if not d.weight else NO_RATIO
        if d.objective.embeddings == "raw":
            found["gradient.tangential"] = found["gradient.raw"] = RAW
        return found

    @property
    def kind(self) -> str:
        """ "gate" where GD_i holds a step, so that it can be exactly 0; "constant"; else "soft"."""
        if self.decomposition.dissipation.is_number:
            return "constant"
        return "gate" if _gated(self.decomposition.dissipation) else "soft"

    def at(self, h: Tensor, h_prime: Tensor) -> Parts:
        """h, h_prime: (N, D), float64: unit rows, or raw ones for a loss of raw embeddings."""
        with torch.no_grad():
            return _Lowered(self, h, h_prime).parts()


class _Lowered:
    """One batch; every expression shares what the ones before have found."""

    def __init__(self, components: Components, h: Tensor, h_prime: Tensor):
        self.d, self.c = components.decomposition, components.decomposition.coefficients
        self.h, self.h_prime = h, h_prime
        n, d = h.shape
        at_sizes = {N: Integer(n), D: Integer(d)}
        values = {name: float(x.subs(at_sizes)) for name, x in components.hyper.items()}
        self.evaluator = Evaluator(h, h_prime, values)
        self.others = others(n)

    def parts(self) -> Parts:
        d = self.d
        weights = [self._pairs(w) for w in d.weight.values()]
        own = None if d.ratio is None or d.ratio_diagonal == 0 else d.ratio_diagonal
        return Parts(
            dissipation=self._of_anchors(d.dissipation) if d.ungated else None,
            hardest=_largest_share(torch.cat(weights, dim=1)) if weights else None,
            signed=any(bool((w < 0).any()) for w in weights),
            ratio=None if d.ratio is None else self._of_anchors(d.ratio),
            diagonal=None if own is None else self._rows(own),
            push=self._combined(self.c.push),
            pull=self._pull(),
            rest=self._rest(),
        )

    def _pull(self) -> Tensor:
        """b_i h'_i, with the diagonal matrix, and Σ_j b_ij v_j of further positives."""
        own = self._rows(self.c.pull + self.c.diagonal)
        return own * self.h_prime + self._combined(self.c.positives)

    def _rest(self) -> Tensor:
        """ρ_i h_i and the remainder."""
        found = self._rows(self.c.radial) * self.h
        for part in self.c.remainder:
            found = found + self._rows(part.component)
        return found

    def _combined(self, coefficients: Mapping[Any, Expr]) -> Tensor:
        """Σ_v Σ_{j≠i} a^v_ij v_j, (N, D)."""
        found = torch.zeros_like(self.h)
        for view, a in coefficients.items():
            rows = self.h_prime if view == self.d.objective.positive else self.h
            found = found + self._pairs(a) @ rows
        return found

    def _of_anchors(self, e: Expr) -> Tensor:
        return self._at(e, (ANCHOR,), (len(self.h),))

    def _rows(self, e: Expr) -> Tensor:
        return self._at(e, (ANCHOR, FEATURE), tuple(self.h.shape))

    def _pairs(self, e: Expr) -> Tensor:
        """(N, N) with 0 at j = i, where the components have no meaning."""
        n = len(self.h)
        return torch.where(self.others, self._at(e, (ANCHOR, NEGATIVE), (n, n)), 0.0)

    def _at(self, e: Expr, axes: tuple[Index, ...], sizes: tuple[int, ...]) -> Tensor:
        return self.evaluator(revealed(e)).over(axes).expand(sizes)


def _largest_share(weights: Tensor) -> Tensor:
    """max_j |W_ij| / Σ_j |W_ij|; NaN where the sum is 0 or no number."""
    size = weights.abs()
    return size.amax(dim=1) / size.sum(dim=1)


def _gated(e: Expr) -> bool:
    """Whether an expression holds a gate, also in a named intermediate."""
    return e.has(Step) or any(_gated(x.value) for x in e.atoms(Named))
