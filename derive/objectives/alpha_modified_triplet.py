"""The modified triplet loss as a member of the α-CL family.

    L_i = φ( Σ_{k≠i} ψ(d_i² − d_ik²) ),  φ(x) = x,  ψ(x) = 1/(1 + e^{−cx})

d² = ½‖·‖², d_i to the positive h'_i, d_ik to h_k. Smooth everywhere. c > 0.
"""

from typing import Any

from sympy import Expr, Integer

from derive.hyper import POSITIVE, Hyper
from derive.nodes import Exp
from derive.objectives._alpha import AlphaCL


class AlphaModifiedTriplet(AlphaCL):
    title = "α-CL: modified triplet"
    hyper = (Hyper("c", "c", "c", Integer(5), POSITIVE, "slope of the sigmoid"),)

    def phi(self, value: Expr, x: Any) -> Expr:
        return value

    def psi(self, value: Expr, x: Any) -> Expr:
        return 1 / (1 + Exp(-x.c * value))
