"""Barlow Twins on unit embeddings: the cross-correlation of the features towards the identity.

    L = Σ_a (C_aa − 1)² + ν Σ_{a≠b} C_ab²,  C_ab = (1/N) Σ_k h_ka h'_kb

Neither centred nor standardised over the batch: rows are unit vectors. The original standardises
each feature of raw embeddings: `barlow_twins_original`. ν ≥ 0.
"""

from typing import Any

from sympy import Expr, Integer

from derive.nodes import FEATURE, H_PRIME, Component, FeatureIndex, H, N
from derive.notation import cosine, define, sum_features, sum_samples
from derive.objective import SAME, Objective, PrintedRow, Terms
from derive.objectives._common import redundancy_weight

_a, _b = FeatureIndex("_a"), FeatureIndex("_b")


def _correlation(a: Expr, b: Expr) -> Expr:
    """C_ab of unit rows."""
    body = sum_samples(lambda k: Component(H, k, _a) * Component(H_PRIME, k, _b)) / N
    return define("C", body, _a, _b)(a, b)


class BarlowTwins(Objective):
    title = "Barlow Twins on unit embeddings"
    source = "Zbontar et al. 2021 (ICML), arXiv:2103.03230, Eq. 1; Li et al. 2024, arXiv:2402.18281"
    differentiated = "batch"
    reduction = "one scalar of the batch"
    pool = SAME
    hyper = (redundancy_weight(Integer(30)),)

    def terms(self, i: Any, x: Any) -> Terms:
        def row(a: Expr) -> Expr:
            return sum_features(lambda b: _correlation(a, b) ** 2, other_than=a)

        return {
            "invariance": sum_features(lambda a: (_correlation(a, a) - 1) ** 2),
            "redundancy": x.nu * sum_features(row),
        }

    printed = (
        PrintedRow(
            "arXiv:2402.18281 Table 2",
            dissipation=lambda i, j, x: Integer(1),
            weight=lambda i, j, x: 2 * x.nu * cosine(i, j) / N**2,
            ratio=lambda i, j, x: (
                N
                * (1 - (1 - x.nu) * _correlation(FEATURE, FEATURE))
                / (x.nu * sum_samples(lambda k: cosine(i, k), other_than=i))
            ),
        ),
    )
