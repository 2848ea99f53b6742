"""ArcCon: InfoNCE with an additive angular margin on the positive.

    L_i = −log( e^{cos(θ_ii'+u)/τ} / (e^{cos(θ_ii'+u)/τ} + Σ_{k≠i} e^{c_ik'/τ}) )    [nats]

θ_ii' in [0, π], u in radians. Smooth but at θ_ii' = 0 and π, where the derivative of the
positive's score is unbounded (u > 0); there its subgradient is taken as zero.
"""

from typing import Any

from sympy import Expr, Rational, pi

from derive.hyper import Domain, Hyper
from derive.nodes import Angle, Cos, Exp, Log, Sin
from derive.notation import cosine, score
from derive.objective import CROSS, Objective, PrintedRow
from derive.objectives._common import partition, temperature


class ArcCon(Objective):
    title = "ArcCon"
    source = "Zhang et al. 2022 (ACL), Eq. 4; Li et al. 2024, arXiv:2402.18281"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS
    hyper = (
        temperature(Rational(1, 20)),
        Hyper(
            "u",
            "u",
            "u",
            pi / 18,
            Domain(Rational(0), pi, low_open=False),
            "angular margin in radians",
        ),
    )

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: Cos(Angle(cosine(k, k)) + x.u))
        return -s(i) / x.tau + Log(Exp(s(i) / x.tau) + partition(cosine, i, x.tau))

    printed = (
        PrintedRow(
            "arXiv:2402.18281 Table 1",
            dissipation=lambda i, j, x: (
                1 / (1 + Exp(Cos(Angle(cosine(i, i)) + x.u) / x.tau) / partition(cosine, i, x.tau))
            ),
            weight=lambda i, j, x: (
                Exp(cosine(i, j) / x.tau) / (x.tau * partition(cosine, i, x.tau))
            ),
            ratio=lambda i, j, x: Sin(Angle(cosine(i, i)) + x.u) / Sin(Angle(cosine(i, i))),
        ),
    )
