"""Alignment and maximum hyperspherical separation, one anchor's separation at a time.

    L_i = (1/N) Σ_k ‖h_k − h'_k‖² − ν min_{k≠i} ‖h_i − h_k‖

As arXiv:2402.18281 differentiates it: the batch's alignment with one anchor's separation. At
coincident points the distance has the zero subgradient. ν ≥ 0.
"""

from typing import Any

from sympy import Expr, Integer

from derive.nodes import Delta, H, N
from derive.notation import distance, hardest_index, same_view
from derive.objective import SAME, Objective, PrintedRow, Terms
from derive.objectives._common import alignment, separation, uniformity_weight


def _nearest(i: Expr) -> Expr:
    return hardest_index(lambda k: same_view(i, k), i)


class MHSAnchor(Objective):
    title = "Alignment and maximum hyperspherical separation, one anchor's separation"
    source = "Li et al. 2024, arXiv:2402.18281, §4, Eq. 7 and 9"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = SAME
    hyper = (uniformity_weight(Integer(1)),)

    def terms(self, i: Expr, x: Any) -> Terms:
        return {"alignment": alignment(), "separation": -x.nu * separation(i)}

    printed = (
        PrintedRow(
            "arXiv:2402.18281 Table 2",
            dissipation=lambda i, j, x: Integer(1),
            weight=lambda i, j, x: x.nu * Delta(j, _nearest(i)) / distance(H, i, H, j),
            ratio=lambda i, j, x: 2 * distance(H, i, H, j) / (x.nu * N),
        ),
    )
