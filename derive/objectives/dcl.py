"""DCL: decoupled contrastive learning, InfoNCE without the positive in the denominator.

    L_i = −c_ii'/τ + log Σ_{k≠i} e^{c_ik'/τ}        [nats]

Smooth everywhere; not bounded below by zero. τ > 0.
"""

from typing import Any

from sympy import Expr, Rational

from derive.nodes import Log
from derive.notation import cosine, score
from derive.objective import CROSS, Objective
from derive.objectives._common import partition, temperature


class DCL(Objective):
    title = "DCL: decoupled contrastive loss, one direction"
    source = "Yeh et al. 2022 (ECCV), arXiv:2110.06848; Nie et al. 2023 (ICLR)"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS
    hyper = (temperature(Rational(1, 20)),)

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))
        return -s(i) / x.tau + Log(partition(cosine, i, x.tau))
