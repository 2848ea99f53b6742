"""How near a batch is to an edge of its loss: a tie for the hardest, the end of a share, a gate."""

import math
from collections.abc import Iterator, Mapping

import torch
from sympy import Expr
from torch import Tensor

from derive.nodes import Hardest, HardestIndex, Hinge, SampleIndex, Step, Top, free_indices
from derive.torch.lowering import evaluate
from verify.bounds import all_nodes, size_of

Inputs = Mapping[str, Tensor]
Values = Mapping[str, float]


def edge_of_share(
    formula: Expr, h: Tensor, h_prime: Tensor, values: Values, inputs: Inputs
) -> float:
    """The least gap between the last negative of a top share and the first that is out of it."""
    gaps = [torch.inf]
    for x in all_nodes(formula):
        if isinstance(x, Top):
            _, body, k, i, share = x.args
            bodies = evaluate(body, h, h_prime, values, (i, k), inputs=inputs).clone()
            ranked = bodies.fill_diagonal_(-torch.inf).sort(dim=1, descending=True).values
            sizes = {**values, "N": float(len(h)), "D": float(h.shape[1])}
            count = math.ceil(round(size_of(share, sizes) * (len(h) - 1), 9))
            last = ranked[:, max(count, 1) - 1]
            gaps.append((last - ranked[:, max(count, 1)]).min().item())
    return min(gaps)


def edge_of_maxima(
    formula: Expr, h: Tensor, h_prime: Tensor, values: Values, inputs: Inputs
) -> float:
    """The least gap between the two largest of what a maximum or a pick is over; ∞ for two pairs,
    and where there is no maximum."""
    gaps = [torch.inf]
    for x in all_nodes(formula):
        if isinstance(x, Hardest | HardestIndex) and len(h) > 2:
            body, k, i = x.args
            bodies = evaluate(body, h, h_prime, values, (i, k), inputs=inputs).clone()
            top = bodies.fill_diagonal_(-torch.inf).topk(2, dim=1).values
            gaps.append((top[:, 0] - top[:, 1]).min().item())
    return min(gaps)


def gates(
    formula: Expr, h: Tensor, h_prime: Tensor, values: Values, inputs: Inputs
) -> Iterator[tuple[float, bool]]:
    """How far the argument of each gate is from 0 at its nearest, and whether it is one of pairs
    j ≠ i (others are of anchors, or of features)."""
    for x in all_nodes(formula):
        if not isinstance(x, Hinge | Step):
            continue
        axes = tuple(free_indices(x.args[0]))
        pairs = len(axes) == 2 and all(isinstance(k, SampleIndex) for k in axes)
        found = evaluate(x.args[0], h, h_prime, values, axes, inputs=inputs).abs()
        found = found.clone().fill_diagonal_(torch.inf) if pairs else found
        yield found.min().item(), pairs
