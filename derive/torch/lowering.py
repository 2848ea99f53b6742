"""Expressions on tensors."""

from collections.abc import Sequence

import torch
from sympy import Expr
from torch import Tensor

from derive.errors import LoweringError
from derive.nodes import Index, SampleIndex, free_indices
from derive.torch.evaluator import Evaluator as Evaluator
from derive.torch.evaluator import Inputs as Inputs
from derive.torch.evaluator import Values as Values


def evaluate(
    e: Expr,
    h: Tensor,
    h_prime: Tensor,
    values: Values,
    axes: Sequence[Index] = (),
    *,
    inputs: Inputs | None = None,
) -> Tensor:
    """An expression on a batch, without building an autograd graph.

    h, h_prime: (N, D); values: every hyper-parameter by name; axes: the free indices of the
    expression, in the order of the result's dimensions (all it has; others give size 1); inputs:
    labels (N,) or arrays of sample numbers (N, M), by name.
    Raises `LoweringError` for a node without a rule or a free index not in `axes`.
    """
    missing = free_indices(e) - set(axes)
    if missing:
        raise LoweringError(f"{e} depends on {sorted(map(str, missing))}: name them in `axes`.")
    with torch.no_grad():
        result = Evaluator(h, h_prime, values, inputs=inputs)(e).over(axes)
        sizes = [h.shape[0] if isinstance(k, SampleIndex) else h.shape[1] for k in axes]
        return result.expand(sizes)
