"""Symmetric InfoNCE: the mean of both directions, as CLIP trains it.

    L = (1/2N) Σ_i [ −log( e^{c_ii'/τ} / Σ_k e^{c_ik'/τ} ) − log( e^{c_ii'/τ} / Σ_k e^{c_ki'/τ} ) ]

In nats. Smooth everywhere, L > 0. τ > 0.
"""

from typing import Any

from sympy import Expr, Rational

from derive.nodes import H_PRIME, Exp, H, Log, N, SampleIndex
from derive.notation import cosine, define, score, sum_samples
from derive.objective import CROSS, Objective
from derive.objectives._common import partition, temperature

_i = SampleIndex("_i")


class InfoNCESymmetric(Objective):
    title = "InfoNCE, both directions (CLIP)"
    source = "Radford et al. 2021 (ICML), arXiv:2103.00020, Fig. 3"
    differentiated = "batch"
    reduction = "mean over anchors and directions"
    pool = CROSS
    hyper = (temperature(Rational(1, 20)),)

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))
        across = partition(cosine, _i, x.tau), partition(lambda k, m: cosine(m, k), _i, x.tau)
        z, z_swapped = (
            define("Z", Exp(s(_i) / x.tau) + rest, _i, view=view, opaque=True)
            for rest, view in zip(across, (H, H_PRIME), strict=True)
        )

        def both(k: Expr) -> Expr:
            return Log(z(k)) + Log(z_swapped(k)) - 2 * s(k) / x.tau

        return sum_samples(both) / (2 * N)
