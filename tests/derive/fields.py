"""Fields made with stop-gradients: GD Σ W (n − R h') with components of one's own."""

from typing import Any

from sympy import Expr, Rational

from derive.hyper import POSITIVE, REAL, Hyper
from derive.nodes import Exp, H, Inner, Step, Stop
from derive.notation import cosine, hardest, same_view, score, sum_samples
from derive.objective import CROSS, SAME, Objective
from derive.objectives._common import margin, partition, temperature

positive = score(lambda k: cosine(k, k))


def hinge(i: Expr, x: Any) -> Expr:
    return Step(hardest(lambda k: cosine(i, k), i) - cosine(i, i) + x.m)


def softmax(i: Expr, j: Expr, x: Any) -> Expr:
    return Exp(cosine(i, j) / x.tau) / partition(cosine, i, x.tau)


class Triple(Objective):
    """sg(GD_i) Σ_j sg(W_ij) (c_ij' − sg(R_i) c_ii'), cross-view; the baseline of the paradigm."""

    title, source, reduction = "a triple of components", "this test", "mean over anchors"
    differentiated, pool = "anchor", CROSS
    stop_gradients = "the components"
    hyper = (
        margin(Rational(3, 10)),
        temperature(Rational(1, 20)),
        Hyper("r", "r", "r", Rational(1), REAL, "ratio"),
        Hyper("p", "p", "p", Rational(3), POSITIVE, "power"),
    )

    def dissipation(self, i: Expr, x: Any) -> Expr:
        return hinge(i, x)

    def weight(self, i: Expr, j: Expr, x: Any) -> Expr:
        return softmax(i, j, x)

    def ratio(self, i: Expr, x: Any) -> Expr:
        return x.r

    def terms(self, i: Expr, x: Any) -> Expr:
        def pushed(k: Expr) -> Expr:
            own = Stop(self.ratio(i, x)) * Inner(H, i, self.positive, i)
            return Stop(self.weight(i, k, x)) * (self.negative(i, k) - own)

        return Stop(self.dissipation(i, x)) * sum_samples(pushed, other_than=i)

    def negative(self, i: Expr, k: Expr) -> Expr:
        return cosine(i, k) if self.pool == CROSS else same_view(i, k)


class SameTriple(Triple):
    pool = SAME
