"""Uniformity within the anchor view, as Wang and Isola define it.

    L = log (1/(N(N−1))) Σ_{k≠l} e^{−t ‖h_k − h_l‖²}

Smooth everywhere, L ≤ 0. t > 0.
"""

from typing import Any

from sympy import Expr

from derive.nodes import H
from derive.objective import SAME, Objective
from derive.objectives._common import potential, potential_scale


class UniformSameView(Objective):
    title = "Uniformity, within the anchor view"
    source = "Wang & Isola 2020 (ICML), arXiv:2005.10242, Eq. 2"
    differentiated = "batch"
    reduction = "one scalar of the batch"
    pool = SAME
    hyper = (potential_scale(),)

    def terms(self, i: Expr, x: Any) -> Expr:
        return potential(H, H, x.t)
