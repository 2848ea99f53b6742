"""The triplet contrastive loss as a member of the α-CL family.

    L_i = φ( Σ_{k≠i} ψ(d_i² − d_ik²) ),  φ(x) = x,  ψ(x) = x

d² = ½‖·‖², d_i to the positive h'_i, d_ik to h_k. Linear in the cosines.
"""

from typing import Any

from sympy import Expr

from derive.objectives._alpha import AlphaCL


class AlphaTripletContrastive(AlphaCL):
    title = "α-CL: triplet contrastive"

    def phi(self, value: Expr, x: Any) -> Expr:
        return value

    def psi(self, value: Expr, x: Any) -> Expr:
        return value
