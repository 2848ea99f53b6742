"""InfoNCE over the hardest share of the negatives.

    L_i = −c_ii'/τ + log( e^{c_ii'/τ} + Σ_{k≠i, c_ik' in the top share α} e^{c_ik'/τ} )    [nats]

The ⌈α(N−1)⌉ negatives with the largest cosine, and those tied with the last of them. The
selection is piecewise constant: no gradient flows through it. τ > 0, 0 < α ≤ 1.
"""

from typing import Any

from sympy import Expr, Rational

from derive.nodes import Exp, Log
from derive.notation import cosine, score, sum_samples, top
from derive.objective import CROSS, Objective
from derive.objectives._common import hard_share, temperature


class HardInfoNCE(Objective):
    title = "InfoNCE over the hardest share of the negatives"
    source = "Wang & Liu 2021 (CVPR), arXiv:2012.09740, Eq. 9"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS
    hyper = (hard_share(), temperature(Rational(3, 10)))

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))

        def kept(k: Expr) -> Expr:
            return top(k, lambda m: cosine(i, m), i, x.share) * Exp(cosine(i, k) / x.tau)

        return -s(i) / x.tau + Log(Exp(s(i) / x.tau) + sum_samples(kept, other_than=i))
