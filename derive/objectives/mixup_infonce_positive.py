"""InfoNCE with extra negatives mixed from the positive and a random other of the batch.

    L_i = −c_ii'/τ + log( Σ_k e^{c_ik'/τ} + Σ_m e^{⟨h_i, λ h'_i + (1−λ) h'_k⟩/τ} )        [nats]

k = other[i, m] is an input, an array (N, M) of sample numbers other than i; the mixture is not
normalised again. τ > 0, 0 ≤ λ ≤ 1. The positive is in the extra negatives too: they are gated
by it in the wrong direction, which its dissipation shows.
"""

from typing import Any

from sympy import Expr, Rational

from derive.nodes import Exp, Log
from derive.notation import cosine, given, score, sum_extras
from derive.objective import CROSS, Objective
from derive.objectives._common import mixing, partition, temperature


class MixupInfoNCEPositive(Objective):
    title = "InfoNCE with extra negatives, each a mixture of the positive and a random one"
    source = "Nie et al. 2023 (ICLR), Appendix E"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS
    inputs = ("other",)
    hyper = (temperature(Rational(1, 20)), mixing(Rational(1, 5)))

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))

        def mixture(e: Expr) -> Expr:
            other = cosine(i, given("other", i, e))
            return Exp((x.lam * s(i) + (1 - x.lam) * other) / x.tau)

        rest = partition(cosine, i, x.tau) + sum_extras(mixture)
        return -s(i) / x.tau + Log(Exp(s(i) / x.tau) + rest)
