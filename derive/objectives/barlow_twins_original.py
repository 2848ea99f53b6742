"""Barlow Twins as published: raw embeddings, each feature standardised over the batch.

    L = Σ_a (C_aa − 1)² + ν Σ_{a≠b} C_ab²,  C_ab = (1/N) Σ_k ẑ_ka ẑ'_kb / (σ_a σ'_b)
    ẑ_k = z_k − mean,  σ_a = √S_aa,  S_ab = (1/N) Σ_k ẑ_ka ẑ_kb

A feature that is constant over the batch has σ_a = 0 and no C. ν ≥ 0.
"""

from typing import Any

from sympy import Expr, Rational, sqrt

from derive.nodes import Z_PRIME, Component, Definition, FeatureIndex, N, View, Z, centred
from derive.notation import define, sum_features, sum_samples
from derive.objective import NONE, Objective, Terms
from derive.objectives._common import redundancy_weight

_a, _b = FeatureIndex("_a"), FeatureIndex("_b")


def _deviation(view: View) -> Definition:
    """σ_a of one view."""
    v = centred(view)
    moment = sum_samples(lambda k: Component(v, k, _a) * Component(v, k, _b)) / N
    covariance = define("S", moment, _a, _b, view=view)
    return define("σ", sqrt(covariance(_a, _a)), _a, view=view, opaque=True)


def _correlation(a: Expr, b: Expr) -> Expr:
    """C_ab of standardised features."""
    first, second = centred(Z), centred(Z_PRIME)
    moment = sum_samples(lambda k: Component(first, k, _a) * Component(second, k, _b)) / N
    return define("C", moment / (_deviation(Z)(_a) * _deviation(Z_PRIME)(_b)), _a, _b, opaque=True)(
        a, b
    )


class BarlowTwinsOriginal(Objective):
    title = "Barlow Twins as published: features standardised over the batch"
    source = "Zbontar et al. 2021 (ICML), arXiv:2103.03230, Eq. 1 and 2"
    differentiated = "batch"
    reduction = "one scalar of the batch"
    pool = NONE
    embeddings = "raw"
    hyper = (redundancy_weight(Rational(5, 1000)),)

    def terms(self, i: Any, x: Any) -> Terms:
        def row(a: Expr) -> Expr:
            return sum_features(lambda b: _correlation(a, b) ** 2, other_than=a)

        return {
            "invariance": sum_features(lambda a: (_correlation(a, a) - 1) ** 2),
            "redundancy": x.nu * sum_features(row),
        }
