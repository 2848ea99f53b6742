"""NT-Xent: InfoNCE over 2N anchors; the candidates are all 2N − 1 other embeddings.

    L = (1/2N) Σ_i [ l(h_i) + l(h'_i) ]
    l(h_i) = −c_ii'/τ + log( Σ_k e^{c_ik'/τ} + Σ_{k≠i} e^{c_ik/τ} ), and with the views swapped.

In nats. Smooth everywhere, L > 0. τ > 0. Often called InfoNCE or SimCLR loss too: here the
negatives are those of both views, and the self term c_ii is left out.
"""

from typing import Any

from sympy import Expr, Rational

from derive.nodes import Log, N
from derive.notation import cosine, score, sum_samples
from derive.objective import BOTH, Objective
from derive.objectives._common import both_partitions, temperature


class NTXent(Objective):
    title = "NT-Xent (SimCLR): 2N anchors, negatives of both views"
    source = "Chen et al. 2020 (ICML), arXiv:2002.05709, Eq. 1"
    differentiated = "batch"
    reduction = "mean over the 2N anchors"
    pool = BOTH
    hyper = (temperature(Rational(1, 2)),)

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))
        z, z_other = both_partitions(s, x.tau)

        def both(k: Expr) -> Expr:
            return Log(z(k)) + Log(z_other(k)) - 2 * s(k) / x.tau

        return sum_samples(both) / (2 * N)
