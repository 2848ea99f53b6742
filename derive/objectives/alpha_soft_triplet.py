"""The soft triplet loss as a member of the α-CL family.

    L_i = φ( Σ_{k≠i} ψ(d_i² − d_ik²) ),  φ(x) = τ log(1 + x),  ψ(x) = e^{x/τ + ε}

d² = ½‖·‖², d_i to the positive h'_i, d_ik to h_k. Smooth everywhere. τ > 0, ε ≥ 0.
"""

from typing import Any

from sympy import Expr, Rational

from derive.nodes import Exp, Log
from derive.objectives._alpha import AlphaCL
from derive.objectives._common import offset, temperature


class AlphaSoftTriplet(AlphaCL):
    title = "α-CL: soft triplet"
    hyper = (temperature(Rational(1, 2)), offset(Rational(1, 10)))

    def phi(self, value: Expr, x: Any) -> Expr:
        return x.tau * Log(1 + value)

    def psi(self, value: Expr, x: Any) -> Expr:
        return Exp(value / x.tau + x.eps)
