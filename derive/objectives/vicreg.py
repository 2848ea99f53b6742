"""VICReg: variance, invariance and covariance of the features (l2-normalised embeddings).

    L = ν_inv (1/N) Σ_i ‖h_i − h'_i‖² + ν_var (std(h) + std(h')) + ν_cov (cov(h) + cov(h'))
    C_ab = (1/(N−1)) Σ_i ĥ_ia ĥ_ib,  ĥ_i = h_i − mean
    cov = (1/D) Σ_{a≠b} C_ab²,  std = (1/D) Σ_a max(0, γ − σ_a),  σ_a = √(C_aa + ε)

The paper's equation. Common implementations differ: the invariance averaged over features and
the variance term halved (facebookresearch/vicreg, lightly, pytorch-metric-learning).
"""

from typing import Any

from sympy import Expr, Integer, Rational, sqrt

from derive.hyper import NONNEGATIVE, POSITIVE, Hyper
from derive.nodes import (
    H_PRIME,
    Component,
    D,
    Definition,
    FeatureIndex,
    H,
    Hinge,
    N,
    View,
    centred,
)
from derive.notation import define, same_view, sum_features, sum_samples
from derive.objective import SAME, Objective, PrintedRow, Terms
from derive.objectives._common import alignment

_a, _b = FeatureIndex("_a"), FeatureIndex("_b")


def covariance(view: View) -> Definition:
    """C_ab of one view, with 1/(N − 1)."""
    v = centred(view)
    body = sum_samples(lambda k: Component(v, k, _a) * Component(v, k, _b)) / (N - 1)
    return define("C", body, _a, _b, view=view)


def deviation(view: View, eps: Expr) -> Definition:
    """σ_a = √(C_aa + ε) of one view."""
    return define("σ", sqrt(covariance(view)(_a, _a) + eps), _a, view=view, opaque=True)


class VICReg(Objective):
    title = "VICReg, the paper's equation, on unit embeddings"
    source = (
        "Bardes et al. 2022 (ICLR), arXiv:2105.04906, Eq. 1-6; Li et al. 2024, arXiv:2402.18281"
    )
    differentiated = "batch"
    reduction = "one scalar of the batch"
    pool = SAME
    hyper = (
        Hyper(
            "nu_inv",
            "ν_inv",
            r"\nu_{\mathrm{inv}}",
            Integer(1),
            NONNEGATIVE,
            "weight of the invariance",
        ),
        Hyper(
            "nu_cov",
            "ν_cov",
            r"\nu_{\mathrm{cov}}",
            Integer(30),
            NONNEGATIVE,
            "weight of the covariance",
        ),
        Hyper(
            "nu_var",
            "ν_var",
            r"\nu_{\mathrm{var}}",
            Integer(1),
            NONNEGATIVE,
            "weight of the variance hinge",
        ),
        Hyper("gamma", "γ", r"\gamma", 1 / sqrt(D), POSITIVE, "target standard deviation"),
        Hyper("eps", "ε", r"\varepsilon", Rational(1, 10000), NONNEGATIVE, "added to the variance"),
    )

    def terms(self, i: Expr, x: Any) -> Terms:
        def spread(view: View) -> Expr:
            sigma = deviation(view, x.eps)
            return sum_features(lambda a: Hinge(x.gamma - sigma(a))) / D

        def correlation(view: View) -> Expr:
            c = covariance(view)
            return sum_features(lambda a: sum_features(lambda b: c(a, b) ** 2, other_than=a)) / D

        return {
            "invariance": x.nu_inv * alignment(),
            "variance": x.nu_var * (spread(H) + spread(H_PRIME)),
            "covariance": x.nu_cov * (correlation(H) + correlation(H_PRIME)),
        }

    printed = (
        PrintedRow(
            "arXiv:2402.18281 Table 2",
            dissipation=lambda i, j, x: Integer(1),
            weight=lambda i, j, x: 4 * x.nu_cov * same_view(i, j) / (D * (N - 1) ** 2),
            ratio=lambda i, j, x: (
                x.nu_inv
                * D
                * (N - 1) ** 2
                / N
                / (2 * x.nu_cov * sum_samples(lambda k: same_view(i, k), other_than=i))
            ),
        ),
    )
