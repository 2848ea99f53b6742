"""InfoNCE with extra negatives mixed from two others of the batch.

    L_i = −c_ii'/τ + log( Σ_k e^{c_ik'/τ} + Σ_m e^{⟨h_i, λ h'_p + (1−λ) h'_q⟩/τ} )        [nats]

p = first[i, m] and q = second[i, m] are inputs, arrays (N, M) of sample numbers other than i; the
mixture is not normalised again. τ > 0, 0 ≤ λ ≤ 1.
"""

from typing import Any

from sympy import Expr, Rational

from derive.nodes import Exp, Log
from derive.notation import cosine, given, score, sum_extras
from derive.objective import CROSS, Objective
from derive.objectives._common import mixing, partition, temperature


class MixupInfoNCE(Objective):
    title = "InfoNCE with extra negatives, each a mixture of two hard ones"
    source = "Nie et al. 2023 (ICLR), Appendix E"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS
    inputs = ("first", "second")
    hyper = (temperature(Rational(1, 20)), mixing(Rational(1, 2)))

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))

        def mixture(e: Expr) -> Expr:
            first, second = cosine(i, given("first", i, e)), cosine(i, given("second", i, e))
            return Exp((x.lam * first + (1 - x.lam) * second) / x.tau)

        rest = partition(cosine, i, x.tau) + sum_extras(mixture)
        return -s(i) / x.tau + Log(Exp(s(i) / x.tau) + rest)
