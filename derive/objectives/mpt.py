"""MPT: a triplet of inner products with the hardest negative.

    L_i = max(0, −c_ii' + max_{k≠i} c_ik' + m)

Piecewise linear in the cosines; the gate is strict.
"""

from typing import Any

from sympy import Expr, Integer, Rational

from derive.nodes import Delta, Hinge, Step
from derive.notation import cosine, hardest, hardest_index, score
from derive.objective import CROSS, Objective, PrintedRow
from derive.objectives._common import margin


class MPT(Objective):
    title = "MPT: margin with projected (inner-product) triplets"
    source = "Nie et al. 2023 (ICLR); Li et al. 2024, arXiv:2402.18281"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS
    hyper = (margin(Rational(23, 100)),)

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))
        return Hinge(-s(i) + hardest(lambda k: cosine(i, k), i) + x.m)

    printed = (
        PrintedRow(
            "arXiv:2402.18281 Table 1",
            dissipation=lambda i, j, x: Step(
                x.m - cosine(i, i) + hardest(lambda k: cosine(i, k), i)
            ),
            weight=lambda i, j, x: Delta(j, hardest_index(lambda k: cosine(i, k), i)),
            ratio=lambda i, j, x: Integer(1),
        ),
    )
