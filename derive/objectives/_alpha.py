"""The α-CL family: L_i = φ( Σ_{k≠i} ψ(d_i² − d_ik²) ) with d² = ½‖·‖², negatives of one view."""

from abc import abstractmethod
from typing import Any

from sympy import Expr, Rational

from derive.nodes import H_PRIME, H, SampleIndex, View
from derive.notation import define, score, squared_distance, sum_samples
from derive.objective import SAME, Objective

_i, _k = SampleIndex("_i"), SampleIndex("_k")
SOURCE = "Tian 2022 (NeurIPS), arXiv:2201.12680, Table 1"


def gap(i: Expr, k: Expr, negatives: View = H) -> Expr:
    """Δ_ik = d_i² − d_ik²: the positive's score is −d_i²."""
    s = score(lambda m: -squared_distance(H, m, H_PRIME, m) / 2)
    apart = -s(_i) - Rational(1, 2) * squared_distance(H, _i, negatives, _k)
    return define("Δ", apart, _i, _k)(i, k)


class AlphaCL(Objective):
    """phi and psi, of a value and the hyper-parameters, make the loss."""

    title = "α-CL"
    source = SOURCE
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = SAME

    @abstractmethod
    def phi(self, value: Expr, x: Any) -> Expr:
        """φ of the sum over the negatives."""

    @abstractmethod
    def psi(self, value: Expr, x: Any) -> Expr:
        """ψ of d_i² − d_ik²."""

    def terms(self, i: Expr, x: Any) -> Expr:
        (view,) = self.pools
        total = sum_samples(lambda k: self.psi(gap(i, k, view), x), other_than=i)
        return self.phi(total, x)
