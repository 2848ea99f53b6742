"""Alignment and maximum hyperspherical separation.

    L = (1/N) Σ_i ( ‖h_i − h'_i‖² − ν min_{k≠i} ‖h_i − h_k‖ )

h_i is pushed from its nearest neighbour, and from every h_k whose nearest it is. At coincident
points the distance has the zero subgradient. ν ≥ 0.
"""

from typing import Any

from sympy import Integer

from derive.nodes import N
from derive.notation import sum_samples
from derive.objective import SAME, Objective, Terms
from derive.objectives._common import alignment, separation, uniformity_weight


class MHS(Objective):
    title = "Alignment and maximum hyperspherical separation, the batch's mean"
    source = "Liu et al. 2021 (AISTATS); Li et al. 2024, arXiv:2402.18281, §4"
    differentiated = "batch"
    reduction = "one scalar of the batch"
    pool = SAME
    hyper = (uniformity_weight(Integer(1)),)

    def terms(self, i: Any, x: Any) -> Terms:
        return {
            "alignment": alignment(),
            "separation": -x.nu * sum_samples(separation) / N,
        }
