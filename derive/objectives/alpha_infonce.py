"""InfoNCE as a member of the α-CL family.

    L_i = φ( Σ_{k≠i} ψ(d_i² − d_ik²) ),  φ(x) = τ log(ε + x),  ψ(x) = e^{x/τ}

d² = ½‖·‖², d_i to the positive h'_i, d_ik to h_k. Smooth everywhere. τ > 0, ε ≥ 0: 1 counts
the positive among the candidates, 0 does not (DCL).
"""

from typing import Any

from sympy import Expr, Integer, Rational

from derive.nodes import Exp, Log
from derive.objectives._alpha import AlphaCL
from derive.objectives._common import offset, temperature


class AlphaInfoNCE(AlphaCL):
    title = "α-CL: InfoNCE"
    hyper = (temperature(Rational(1, 2)), offset(Integer(1)))

    def phi(self, value: Expr, x: Any) -> Expr:
        return x.tau * Log(x.eps + value)

    def psi(self, value: Expr, x: Any) -> Expr:
        return Exp(value / x.tau)
