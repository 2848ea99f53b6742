"""The triplet loss over all negatives as a member of the α-CL family.

    L_i = φ( Σ_{k≠i} ψ(d_i² − d_ik²) ),  φ(x) = x,  ψ(x) = max(x + ε, 0)

d² = ½‖·‖², d_i to the positive h'_i, d_ik to h_k. The gate of each pair is strict. ε ≥ 0 is
the margin.
"""

from typing import Any

from sympy import Expr, Rational

from derive.nodes import Hinge
from derive.objectives._alpha import AlphaCL
from derive.objectives._common import offset


class AlphaTriplet(AlphaCL):
    title = "α-CL: triplet"
    hyper = (offset(Rational(1, 2)),)

    def phi(self, value: Expr, x: Any) -> Expr:
        return value

    def psi(self, value: Expr, x: Any) -> Expr:
        return Hinge(value + x.eps)
