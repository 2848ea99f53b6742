"""The surrogate of Barlow Twins whose gradient Tao et al. print, with stopped weights.

    L_i = (2/N) [ −Σ_a A_a h_ia h'_ia + ν Σ_{j≠i} (c_ij'/N) c_ij ],  A_a = 1 − (1−ν) C_aa

A and c_ij' are stop-gradients, C_aa = (1/N) Σ_k h_ka h'_ka. It is trained in place of Barlow
Twins where that is modified; its weight is c_ij', where Barlow Twins' own is ⟨h'_i, h'_j⟩.
ν ≥ 0.
"""

from typing import Any

from sympy import Expr, Integer

from derive.nodes import H_PRIME, Component, H, N, Stop
from derive.notation import cosine, same_view, sum_features, sum_samples
from derive.objective import SAME, Objective
from derive.objectives._common import redundancy_weight


class TaoBarlow(Objective):
    title = "Gradient surrogate of Barlow Twins (Tao et al.)"
    source = "Tao et al. 2022 (CVPR), arXiv:2112.05141; Li et al. 2024, arXiv:2402.18281, Eq. 10"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = SAME
    stop_gradients = "A_a and the weights c_ij' (h_j as a negative is not stopped)"
    hyper = (redundancy_weight(Integer(30)),)

    def terms(self, i: Expr, x: Any) -> Expr:
        def pulled(a: Expr) -> Expr:
            moment = sum_samples(lambda k: Component(H, k, a) * Component(H_PRIME, k, a)) / N
            own = Component(H, i, a) * Component(H_PRIME, i, a)
            return Stop(1 - (1 - x.nu) * moment) * own

        pushed = sum_samples(lambda k: Stop(cosine(i, k)) * same_view(i, k), other_than=i)
        return 2 * (x.nu * pushed / N - sum_features(pulled)) / N
