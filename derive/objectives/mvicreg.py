"""mVICReg: VICReg modified in its three components, as a stop-gradient surrogate.

    L_i = d_i ( −w_i c_ii' + Σ_{j≠i} w_ij c_ij )
    d_i = 1[c_ii' − max_{k≠i} c_ik' < m],  w_ij = e^{c_ij/τ} / Σ_{k≠l} e^{c_kl/τ},
    w_i = r Σ_{j≠i} w_ij;  d_i, w_ij and w_i are stop-gradients.

Eq. 19 is its gradient by h_i as the anchor of its own term. In the training scalar (the mean over
anchors) h_i is also a negative of the other anchors, and that part flows too.
"""

from typing import Any

from sympy import Expr, Rational

from derive.hyper import NONNEGATIVE, Hyper
from derive.nodes import Exp, SampleIndex, Step, Stop
from derive.notation import cosine, define, hardest, same_view, score, sum_samples
from derive.objective import SAME, Objective, PrintedRow
from derive.objectives._common import margin, partition, temperature

_i, _j = SampleIndex("_i"), SampleIndex("_j")


def _everything(tau: Expr) -> Expr:
    """Σ_{k≠l} e^{c_kl/τ}."""
    return sum_samples(lambda k: partition(same_view, k, tau))


class MVICReg(Objective):
    title = "mVICReg: VICReg with dissipation, weight and ratio replaced"
    source = "Li et al. 2024, arXiv:2402.18281, Eq. 13 (gradient: Eq. 19)"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = SAME
    stop_gradients = "the gate d_i and the weights w_i, w_ij (h_j as a negative is not stopped)"
    hyper = (
        margin(Rational(3, 10)),
        temperature(Rational(1, 20)),
        Hyper("r", "r", "r", Rational(3, 2), NONNEGATIVE, "the static ratio"),
    )

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))
        gate = define("d", Step(-s(_i) + hardest(lambda k: cosine(_i, k), _i) + x.m), _i)
        weight = define("w", Exp(same_view(_i, _j) / x.tau) / _everything(x.tau), _i, _j)
        pull = Stop(x.r * sum_samples(lambda j: weight(i, j), other_than=i))
        push = sum_samples(lambda j: Stop(weight(i, j)) * same_view(i, j), other_than=i)
        return Stop(gate(i)) * (push - pull * cosine(i, i))

    notes = (
        "In the training scalar h_i is also a negative h_j of the other anchors. That part of its "
        "gradient flows too; the fast objective has it, this sheet (∂L_i/∂h_i) does not.",
    )
    printed = (
        PrintedRow(
            "arXiv:2402.18281 Eq. 19 and Table 2",
            dissipation=lambda i, j, x: Step(
                x.m - cosine(i, i) + hardest(lambda k: cosine(i, k), i)
            ),
            weight=lambda i, j, x: Exp(same_view(i, j) / x.tau) / _everything(x.tau),
            ratio=lambda i, j, x: x.r,
        ),
    )
