"""The simple contrastive loss: linear in the cosines, so every negative weighs the same.

    L_i = −c_ii' + λ Σ_{k≠i} c_ik'

Smooth everywhere, not bounded below by zero. λ ≥ 0.
"""

from typing import Any

from sympy import Expr

from derive.notation import cosine, score, sum_samples
from derive.objective import CROSS, Objective
from derive.objectives._common import uniform_share


class Simple(Objective):
    title = "Simple contrastive loss, linear in the cosines"
    source = "Wang & Liu 2021 (CVPR), arXiv:2012.09740, Eq. 7"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS
    hyper = (uniform_share(),)

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))
        return -s(i) + x.lam * sum_samples(lambda k: cosine(i, k), other_than=i)
