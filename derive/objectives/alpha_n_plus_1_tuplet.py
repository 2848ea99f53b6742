"""The (N+1)-tuplet loss as a member of the α-CL family.

    L_i = φ( Σ_{k≠i} ψ(d_i² − d_ik²) ),  φ(x) = log(1 + x),  ψ(x) = e^x

d² = ½‖·‖², d_i to the positive h'_i, d_ik to h_k. Smooth everywhere.
"""

from typing import Any

from sympy import Expr

from derive.nodes import Exp, Log
from derive.objectives._alpha import AlphaCL


class AlphaTuplet(AlphaCL):
    title = "α-CL: (N+1)-tuplet"

    def phi(self, value: Expr, x: Any) -> Expr:
        return Log(1 + value)

    def psi(self, value: Expr, x: Any) -> Expr:
        return Exp(value)
