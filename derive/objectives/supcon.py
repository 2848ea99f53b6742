"""SupCon: every other sample with the anchor's label is a positive; 2N anchors of both views.

    L = (1/2N) Σ_z −(1/|P_z|) Σ_{p∈P_z} log( e^{⟨z,p⟩/τ} / Σ_{k≠z} e^{⟨z,k⟩/τ} )        [nats]

z runs over the h_i and h'_i, P_z over all others with the label of z (its other view among
them), k over all 2N − 1 others. labels, (N,), are an input. τ > 0. With all labels different it
is NT-Xent.
"""

from typing import Any

from sympy import Expr, Rational

from derive.nodes import Log, Match, N, SampleIndex
from derive.notation import cosine, define, other_view, same_view, score, sum_samples
from derive.objective import BOTH, Objective
from derive.objectives._common import both_partitions, temperature

_i = SampleIndex("_i")


class SupCon(Objective):
    title = "SupCon: supervised contrastive loss, the mean outside the logarithm"
    source = "Khosla et al. 2020 (NeurIPS), arXiv:2004.11362, Eq. 2"
    differentiated = "batch"
    reduction = "mean over the 2N anchors"
    pool = BOTH
    inputs = ("labels",)
    hyper = (temperature(Rational(1, 10)),)

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))
        positives = define("P", 2 * sum_samples(lambda k: Match(_i, k)) - 1, _i, opaque=True)
        z, z_other = both_partitions(s, x.tau)

        def pulled(k: Expr) -> Expr:
            def alike(m: Expr) -> Expr:
                both = cosine(k, m) + cosine(m, k) + same_view(k, m) + other_view(k, m)
                return Match(k, m) * both

            return (2 * s(k) + sum_samples(alike, other_than=k)) / (x.tau * positives(k))

        return sum_samples(lambda k: Log(z(k)) + Log(z_other(k)) - pulled(k)) / (2 * N)
