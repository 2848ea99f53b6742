"""The surrogate of VICReg whose gradient Tao et al. print, with stopped weights.

    L_i = (2/N) [ −c_ii' + ν Σ_{j≠i} (c_ij/N) c_ij ]

The weights c_ij/N are stop-gradients. It is trained in place of VICReg where that is modified: no
centring, no variance term, no diagonal left out. ν ≥ 0.
"""

from typing import Any

from sympy import Expr, Integer

from derive.nodes import N, Stop
from derive.notation import cosine, same_view, sum_samples
from derive.objective import SAME, Objective
from derive.objectives._common import redundancy_weight


class TaoVICReg(Objective):
    title = "Gradient surrogate of VICReg (Tao et al.)"
    source = "Tao et al. 2022 (CVPR), arXiv:2112.05141; Li et al. 2024, arXiv:2402.18281, Eq. 11"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = SAME
    stop_gradients = "the weights c_ij (h_j as a negative is not stopped)"
    hyper = (redundancy_weight(Integer(30)),)

    def terms(self, i: Expr, x: Any) -> Expr:
        pushed = sum_samples(lambda k: Stop(same_view(i, k)) * same_view(i, k), other_than=i)
        return 2 * (x.nu * pushed / N - cosine(i, i)) / N
