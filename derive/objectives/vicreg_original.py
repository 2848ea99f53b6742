"""VICReg as published: raw embeddings, the paper's equation and weights.

    L = ν_inv (1/N) Σ_i ‖z_i − z'_i‖² + ν_var (std(z) + std(z')) + ν_cov (cov(z) + cov(z'))
    C_ab = (1/(N−1)) Σ_i ẑ_ia ẑ_ib,  ẑ_i = z_i − mean
    cov = (1/D) Σ_{a≠b} C_ab²,  std = (1/D) Σ_a max(0, γ − σ_a),  σ_a = √(C_aa + ε)

N ≥ 2; ε ≥ 0, and at ε = 0 a feature that is constant over the batch has the zero subgradient.
"""

from sympy import Integer

from derive.objectives._vicreg import VICRegTerms, hyper


class VICRegOriginal(VICRegTerms):
    title = "VICReg as published: the paper's equation, on raw embeddings"
    source = "Bardes et al. 2022 (ICLR), arXiv:2105.04906, Eq. 1-6"
    embeddings = "raw"
    hyper = hyper(invariance=25, covariances=1, variance=25, target=Integer(1))
