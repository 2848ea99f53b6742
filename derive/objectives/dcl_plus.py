"""DCL+: the decoupled contrastive loss, cut off at zero.

    L_i = max(0, −c_ii'/τ + log Σ_{k≠i} e^{c_ik'/τ})        [nats]

The gate is strict. τ > 0.
"""

from typing import Any

from sympy import Expr, Rational

from derive.nodes import Hinge, Log
from derive.notation import cosine, score
from derive.objective import CROSS, Objective
from derive.objectives._common import partition, temperature


class DCLPlus(Objective):
    title = "DCL+: decoupled contrastive loss with dissipation by a hinge"
    source = "Nie et al. 2023 (ICLR), Eq. 10"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS
    hyper = (temperature(Rational(1, 20)),)

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))
        return Hinge(-s(i) / x.tau + Log(partition(cosine, i, x.tau)))
