"""MAT: a triplet of angles with the hardest negative.

    L_i = max(0, θ_ii' − min_{k≠i} θ_ik' + m)        [radians]

The gate is strict; at θ = 0 and π, where the derivative of the angle is unbounded, its
subgradient is taken as zero. m real, in radians.
"""

from typing import Any

from sympy import Expr, pi

from derive.nodes import Angle, Hinge
from derive.notation import cosine, hardest, score
from derive.objective import CROSS, Objective
from derive.objectives._common import margin


class MAT(Objective):
    title = "MAT: margin with angle triplets"
    source = "Nie et al. 2023 (ICLR), Eq. 15"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS
    hyper = (margin(pi * 15 / 100),)

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: -Angle(cosine(k, k)))
        return Hinge(-s(i) + hardest(lambda k: -Angle(cosine(i, k)), i) + x.m)
