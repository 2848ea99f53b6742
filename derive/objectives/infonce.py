"""InfoNCE: cross-entropy of picking the positive among the candidates, one direction.

    L_i = −log( e^{c_ii'/τ} / Σ_k e^{c_ik'/τ} )        [nats]

Smooth everywhere, L_i > 0. τ > 0.
"""

from typing import Any

from sympy import Expr, Integer, Rational

from derive.nodes import Exp, Log
from derive.notation import cosine, score
from derive.objective import CROSS, Objective, PrintedRow
from derive.objectives._common import partition, temperature


class InfoNCE(Objective):
    title = "InfoNCE, one direction"
    source = "van den Oord et al. 2018, arXiv:1807.03748, Eq. 4; Li et al. 2024, arXiv:2402.18281"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS
    hyper = (temperature(Rational(1, 20)),)

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))
        return -s(i) / x.tau + Log(Exp(s(i) / x.tau) + partition(cosine, i, x.tau))

    printed = (
        PrintedRow(
            "arXiv:2402.18281 Table 1",
            dissipation=lambda i, j, x: (
                1 / (1 + Exp(cosine(i, i) / x.tau) / partition(cosine, i, x.tau))
            ),
            weight=lambda i, j, x: (
                Exp(cosine(i, j) / x.tau) / (x.tau * partition(cosine, i, x.tau))
            ),
            ratio=lambda i, j, x: Integer(1),
        ),
    )
