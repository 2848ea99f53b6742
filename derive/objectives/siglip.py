"""SigLIP: a logistic loss of every pair; no normaliser couples them.

    L = (1/N) Σ_ik log(1 + e^{−y_ik (t c_ik' + b)}),  y_ik = 1 if i = k else −1        [nats]

Smooth everywhere, L > 0. t > 0, b real: both are learned where it is trained as published.
"""

from typing import Any

from sympy import Expr, Integer

from derive.hyper import POSITIVE, REAL, Hyper
from derive.nodes import Exp, Log, N
from derive.notation import cosine, score, sum_samples
from derive.objective import CROSS, Objective


class SigLIP(Objective):
    title = "SigLIP: pairwise sigmoid loss"
    source = "Zhai et al. 2023 (ICCV), arXiv:2303.15343, Eq. 1"
    differentiated = "batch"
    reduction = "sum over all pairs, divided by N"
    pool = CROSS
    hyper = (
        Hyper("t", "t", "t", Integer(10), POSITIVE, "inverse temperature: logits are t·c + b"),
        Hyper("b", "b", "b", Integer(-10), REAL, "bias of the logits"),
    )

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))

        def against(k: Expr, m: Expr) -> Expr:
            return Log(1 + Exp(x.t * cosine(k, m) + x.b))

        def of_anchor(k: Expr) -> Expr:
            positive = Log(1 + Exp(-(x.t * s(k) + x.b)))
            return positive + sum_samples(lambda m: against(k, m), other_than=k)

        return sum_samples(of_anchor) / N
