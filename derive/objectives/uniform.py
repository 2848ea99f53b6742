"""Uniformity over cross-view pairs: the logarithm of the mean Gaussian potential.

    L = log (1/(N(N−1))) Σ_{k≠l} e^{−t ‖h_k − h'_l‖²}

Smooth everywhere, L ≤ 0. t > 0. Wang and Isola's potential is within one view:
`uniform_same_view`.
"""

from typing import Any

from sympy import Expr

from derive.nodes import H_PRIME, H
from derive.objective import CROSS, Objective
from derive.objectives._common import potential, potential_scale


class Uniform(Objective):
    title = "Uniformity, cross-view"
    source = "Nie et al. 2023 (ICLR), Eq. 4"
    differentiated = "batch"
    reduction = "one scalar of the batch"
    pool = CROSS
    hyper = (potential_scale(),)

    def terms(self, i: Expr, x: Any) -> Expr:
        return potential(H, H_PRIME, x.t)
