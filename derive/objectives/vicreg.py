"""VICReg: variance, invariance and covariance of the features (l2-normalised embeddings).

    L = ν_inv (1/N) Σ_i ‖h_i − h'_i‖² + ν_var (std(h) + std(h')) + ν_cov (cov(h) + cov(h'))
    C_ab = (1/(N−1)) Σ_i ĥ_ia ĥ_ib,  ĥ_i = h_i − mean
    cov = (1/D) Σ_{a≠b} C_ab²,  std = (1/D) Σ_a max(0, γ − σ_a),  σ_a = √(C_aa + ε)

The paper's equation with unit embeddings. `vicreg_original` is the same with raw ones and the
paper's weights; `vicreg_code` is what common implementations compute.
"""

from sympy import Integer, sqrt

from derive.nodes import D, N
from derive.notation import same_view, sum_samples
from derive.objective import PrintedRow
from derive.objectives._vicreg import VICRegTerms, hyper


class VICReg(VICRegTerms):
    title = "VICReg, the paper's equation, on unit embeddings"
    source = (
        "Bardes et al. 2022 (ICLR), arXiv:2105.04906, Eq. 1-6; Li et al. 2024, arXiv:2402.18281"
    )
    hyper = hyper(invariance=1, covariances=30, variance=1, target=1 / sqrt(D))
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
