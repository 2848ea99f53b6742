"""MET: a triplet of Euclidean distances with the nearest negative.

    L_i = max(0, ‖h_i − h'_i‖ − min_{k≠i} ‖h_i − h'_k‖ + m)

On the unit sphere ‖h_i − h'_k‖ = √(2 − 2c_ik'). The gate is strict; at coincident points the
distance has the zero subgradient.
"""

from typing import Any

from sympy import Expr, Rational, sqrt

from derive.nodes import H_PRIME, Delta, H, Hinge, Step
from derive.notation import cosine, distance, hardest, hardest_index, score
from derive.objective import CROSS, Objective, PrintedRow
from derive.objectives._common import margin


def _chord(c: Expr) -> Expr:
    return sqrt(2 - 2 * c)


class MET(Objective):
    title = "MET: margin with Euclidean triplets"
    source = "Nie et al. 2023 (ICLR); Li et al. 2024, arXiv:2402.18281"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS
    hyper = (margin(Rational(45, 100)),)

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: -distance(H, k, H_PRIME, k))
        return Hinge(-s(i) + hardest(lambda k: -distance(H, i, H_PRIME, k), i) + x.m)

    printed = (
        PrintedRow(
            "arXiv:2402.18281 Table 1",
            dissipation=lambda i, j, x: Step(
                x.m + _chord(cosine(i, i)) + hardest(lambda k: -_chord(cosine(i, k)), i)
            ),
            weight=lambda i, j, x: (
                Delta(j, hardest_index(lambda k: cosine(i, k), i)) / _chord(cosine(i, j))
            ),
            ratio=lambda i, j, x: sqrt(1 - cosine(i, j)) / sqrt(1 - cosine(i, i)),
        ),
    )
