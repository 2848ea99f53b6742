"""The simple contrastive loss over the hardest share of the negatives.

    L_i = −c_ii' + λ Σ_{k≠i, c_ik' in the top share α} c_ik'

The ⌈α(N−1)⌉ negatives with the largest cosine, and those tied with the last of them. The
selection is piecewise constant: no gradient flows through it. λ ≥ 0, 0 < α ≤ 1.
"""

from typing import Any

from sympy import Expr

from derive.notation import cosine, score, sum_samples, top
from derive.objective import CROSS, Objective
from derive.objectives._common import hard_share, uniform_share


class HardSimple(Objective):
    title = "Simple contrastive loss over the hardest share of the negatives"
    source = "Wang & Liu 2021 (CVPR), arXiv:2012.09740, Eq. 8"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS
    hyper = (hard_share(), uniform_share())

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))

        def kept(k: Expr) -> Expr:
            return top(k, lambda m: cosine(i, m), i, x.share) * cosine(i, k)

        return -s(i) + x.lam * sum_samples(kept, other_than=i)
