"""How near a batch is to the edge at which a share of the negatives is picked."""

import math
from collections.abc import Mapping

import torch
from sympy import Expr
from torch import Tensor

from derive.nodes import Top
from derive.torch.lowering import evaluate
from verify.bounds import all_nodes, size_of


def edge_of_share(
    formula: Expr,
    h: Tensor,
    h_prime: Tensor,
    values: Mapping[str, float],
    inputs: Mapping[str, Tensor],
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
