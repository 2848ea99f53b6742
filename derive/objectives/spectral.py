"""Spectral contrastive loss: the negatives' cosines squared.

    L_i = −2 c_ii' + (1/(N−1)) Σ_{k≠i} c_ik'²

Smooth everywhere. A negative cosine is pushed up, to zero: weights have the sign of c_ij'.
"""

from typing import Any

from sympy import Expr

from derive.nodes import N
from derive.notation import cosine, score, sum_samples
from derive.objective import CROSS, Objective


class Spectral(Objective):
    title = "Spectral contrastive loss"
    source = "HaoChen et al. 2021 (NeurIPS), arXiv:2106.04156, Eq. 6"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))
        return -2 * s(i) + sum_samples(lambda k: cosine(i, k) ** 2, other_than=i) / (N - 1)
