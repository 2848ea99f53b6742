"""The lifted structured loss as a member of the α-CL family.

    L_i = φ( Σ_{k≠i} ψ(d_i² − d_ik²) ),  φ(x) = max(log x, 0)²,  ψ(x) = e^{x + ε}

d² = ½‖·‖², d_i to the positive h'_i, d_ik to h_k. Continuously differentiable. ε ≥ 0.
"""

from typing import Any

from sympy import Expr, Integer

from derive.nodes import Exp, Hinge, Log
from derive.objectives._alpha import AlphaCL
from derive.objectives._common import offset


class AlphaLifted(AlphaCL):
    title = "α-CL: lifted structured"
    hyper = (offset(Integer(1)),)

    def phi(self, value: Expr, x: Any) -> Expr:
        return Hinge(Log(value)) ** 2

    def psi(self, value: Expr, x: Any) -> Expr:
        return Exp(value + x.eps)
