"""α-CL with the pairwise importance given directly.

    L_i = Σ_{k≠i} α_ik (d_i² − d_ik²),  α_ik = e^{−d_ik^p/τ} / Σ_{m≠i} e^{−d_im^p/τ}

d = ‖·‖/√2, in the importance as in the gaps; α is a stop-gradient. p > 0, τ > 0. No φ and ψ need
exist for it.
"""

from typing import Any

from sympy import Expr, Integer, Rational

from derive.hyper import POSITIVE, Hyper
from derive.nodes import Exp, H, Stop
from derive.notation import squared_distance, sum_samples
from derive.objective import SAME, Objective
from derive.objectives._alpha import SOURCE, gap
from derive.objectives._common import temperature


class AlphaDirect(Objective):
    title = "α-CL: importance given directly"
    source = SOURCE
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = SAME
    stop_gradients = "the importance α_ik"
    hyper = (
        Hyper("p", "p", "p", Integer(4), POSITIVE, "power of the distance d"),
        temperature(Rational(1, 2)),
    )

    def terms(self, i: Expr, x: Any) -> Expr:
        def potential(k: Expr) -> Expr:
            return Exp(-((squared_distance(H, i, H, k) / 2) ** (x.p / 2)) / x.tau)

        total = sum_samples(potential, other_than=i)
        return sum_samples(lambda k: Stop(potential(k) / total) * gap(i, k), other_than=i)
