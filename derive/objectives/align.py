"""Alignment: the mean distance of positive pairs, to a power.

    L = (1/N) Σ_i ‖h_i − h'_i‖^α

No negatives: it is minimal where each pair coincides, whatever the pairs are among each other.
α > 0; for α < 2 its gradient is unbounded or undefined at coincident pairs, where the
subgradient is taken as zero.
"""

from typing import Any

from sympy import Expr

from derive.objective import NONE, Objective
from derive.objectives._common import alignment, alignment_power


class Align(Objective):
    title = "Alignment"
    source = "Wang & Isola 2020 (ICML), arXiv:2005.10242, Eq. 1; Nie et al. 2023 (ICLR), Eq. 3"
    differentiated = "batch"
    reduction = "one scalar of the batch"
    pool = NONE
    hyper = (alignment_power(),)

    def terms(self, i: Expr, x: Any) -> Expr:
        return alignment(x.alpha)
