"""VICReg's statistics and its three terms, of unit or raw embeddings."""

from typing import Any, ClassVar

from sympy import Expr, Rational, sqrt

from derive.hyper import NONNEGATIVE, POSITIVE, Hyper
from derive.nodes import Component, D, Definition, FeatureIndex, Hinge, N, View, centred
from derive.notation import define, squared_distance, sum_features, sum_samples
from derive.objective import SAME, Objective, Terms

_a, _b = FeatureIndex("_a"), FeatureIndex("_b")


def covariance(view: View) -> Definition:
    """C_ab of one view, with 1/(N − 1)."""
    v = centred(view)
    body = sum_samples(lambda k: Component(v, k, _a) * Component(v, k, _b)) / (N - 1)
    return define("C", body, _a, _b, view=view)


def deviation(view: View, eps: Expr) -> Definition:
    """σ_a = √(C_aa + ε) of one view."""
    return define("σ", sqrt(covariance(view)(_a, _a) + eps), _a, view=view, opaque=True)


def hyper(invariance: int, covariances: int, variance: int, target: Expr) -> tuple[Hyper, ...]:
    """The five hyper-parameters, with the defaults of one variant."""

    def weight(term: str, default: int, meaning: str) -> Hyper:
        latex = rf"\nu_{{\mathrm{{{term}}}}}"
        return Hyper(f"nu_{term}", f"ν_{term}", latex, Rational(default), NONNEGATIVE, meaning)

    return (
        weight("inv", invariance, "weight of the invariance"),
        weight("cov", covariances, "weight of the covariance"),
        weight("var", variance, "weight of the variance hinge"),
        Hyper("gamma", "γ", r"\gamma", target, POSITIVE, "target standard deviation"),
        Hyper("eps", "ε", r"\varepsilon", Rational(1, 10000), NONNEGATIVE, "added to the variance"),
    )


class VICRegTerms(Objective):
    """invariance_mean: the invariance averaged over features too; variance_share: of each view's
    variance term."""

    title = "VICReg"
    source = "Bardes et al. 2022 (ICLR), arXiv:2105.04906"
    differentiated = "batch"
    reduction = "one scalar of the batch"
    pool = SAME
    invariance_mean: ClassVar[bool] = False
    variance_share: ClassVar[Expr] = Rational(1)

    def terms(self, i: Expr, x: Any) -> Terms:
        v, w = self.anchor, self.positive
        apart = sum_samples(lambda k: squared_distance(v, k, w, k)) / N
        spread = _spread(v, x) + _spread(w, x)
        return {
            "invariance": x.nu_inv * (apart / D if self.invariance_mean else apart),
            "variance": x.nu_var * self.variance_share * spread,
            "covariance": x.nu_cov * (_correlation(v) + _correlation(w)),
        }


def _spread(view: View, x: Any) -> Expr:
    """(1/D) Σ_a max(0, γ − σ_a)."""
    sigma = deviation(view, x.eps)
    return sum_features(lambda a: Hinge(x.gamma - sigma(a))) / D


def _correlation(view: View) -> Expr:
    """(1/D) Σ_{a≠b} C_ab²."""
    c = covariance(view)
    return sum_features(lambda a: sum_features(lambda b: c(a, b) ** 2, other_than=a)) / D
