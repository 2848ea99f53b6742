"""The decoupled loss over negatives of both views, as lightly has it: an objective of one's own.

    L = (1/2N) Σ_i [ l(h_i) + l(h'_i) ]
    l(h_i) = −c_ii'/τ + log Σ_{k≠i} ( e^{c_ik'/τ} + e^{c_ik/τ} ), and with the views swapped

It is `ntxent` without the positive in the denominator; no loss of the catalogue.
"""

from typing import Any

import torch
from sympy import Expr, Rational
from torch import Tensor

from derive.nodes import H_PRIME, H, Log, N, SampleIndex
from derive.notation import cosine, define, other_view, same_view, score, sum_samples
from derive.objective import BOTH, Objective
from derive.objectives._common import partition, temperature

_i = SampleIndex("_i")


class DCLBothViews(Objective):
    title = "DCL, negatives of both views"
    source = "Yeh et al. 2022 (ECCV), arXiv:2110.06848, Eq. 6; lightly's DCLLoss"
    differentiated = "batch"
    reduction = "mean over the 2N anchors"
    pool = BOTH
    hyper = (temperature(Rational(1, 10)),)

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))
        across = partition(cosine, _i, x.tau) + partition(same_view, _i, x.tau)
        back = partition(lambda k, m: cosine(m, k), _i, x.tau) + partition(other_view, _i, x.tau)
        u = define("U", across, _i, view=H, opaque=True)
        w = define("U", back, _i, view=H_PRIME, opaque=True)
        return sum_samples(lambda k: Log(u(k)) + Log(w(k)) - 2 * s(k) / x.tau) / (2 * N)


def oracle(h: Tensor, h_prime: Tensor, *, tau: float) -> Tensor:
    """The same in plain torch."""
    n = len(h)
    views = torch.cat([h, h_prime])
    own = torch.eye(n, dtype=torch.bool).repeat(2, 2)
    negatives = (views @ views.T / tau).masked_fill(own, -torch.inf).logsumexp(1)
    return negatives.mean() - (h * h_prime).sum(1).mean() / tau
