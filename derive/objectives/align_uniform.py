"""Alignment and uniformity, weighted.

    L = (1−λ) (1/N) Σ_i ‖h_i − h'_i‖^α + λ log (1/(N(N−1))) Σ_{k≠l} e^{−t ‖h_k − h'_l‖²}

α > 0, t > 0, 0 ≤ λ ≤ 1. Where α < 2, coincident pairs have the zero subgradient.
"""

from typing import Any

from sympy import Rational

from derive.nodes import H_PRIME, H
from derive.objective import CROSS, Objective, Terms
from derive.objectives._common import (
    alignment,
    alignment_power,
    mixing,
    potential,
    potential_scale,
)


class AlignUniform(Objective):
    title = "Alignment and uniformity, cross-view"
    source = "Nie et al. 2023 (ICLR), Eq. 2-4"
    differentiated = "batch"
    reduction = "one scalar of the batch"
    pool = CROSS
    hyper = (mixing(Rational(1, 2)), alignment_power(), potential_scale())

    def terms(self, i: Any, x: Any) -> Terms:
        return {
            "alignment": (1 - x.lam) * alignment(x.alpha),
            "uniformity": x.lam * potential(H, H_PRIME, x.t),
        }
