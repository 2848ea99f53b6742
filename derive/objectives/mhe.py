"""Alignment and minimum hyperspherical energy.

    L = (1/N) Σ_i ‖h_i − h'_i‖² + ν log [ (2/(N(N−1))) Σ_{k<l} e^{−‖h_k − h_l‖²} ]

Smooth everywhere. ν ≥ 0.
"""

from typing import Any

from sympy import Integer, Rational

from derive.nodes import Exp, H, Log, N
from derive.notation import same_view, squared_distance, sum_pairs, sum_samples
from derive.objective import SAME, Objective, PrintedRow, Terms
from derive.objectives._common import alignment, partition, uniformity_weight


class MHE(Objective):
    title = "Alignment and minimum hyperspherical energy"
    source = "Liu et al. 2021 (AISTATS); Li et al. 2024, arXiv:2402.18281, §4"
    differentiated = "batch"
    reduction = "one scalar of the batch"
    pool = SAME
    hyper = (uniformity_weight(Integer(10)),)

    def terms(self, i: Any, x: Any) -> Terms:
        energy = sum_pairs(lambda k, m: Exp(-squared_distance(H, k, H, m)))
        return {
            "alignment": alignment(),
            "energy": x.nu * Log(2 * energy / (N * (N - 1))),
        }

    printed = (
        PrintedRow(
            "arXiv:2402.18281 Table 2",
            dissipation=lambda i, j, x: Integer(1),
            weight=lambda i, j, x: 2 * x.nu * Exp(2 * same_view(i, j)) / _pairs(),
            ratio=lambda i, j, x: _pairs() / (x.nu * N * partition(same_view, i, Rational(1, 2))),
        ),
    )


def _pairs() -> Any:
    """Σ_{k<l} e^{2 c_kl}."""
    return sum_samples(lambda k: partition(same_view, k, Rational(1, 2))) / 2
