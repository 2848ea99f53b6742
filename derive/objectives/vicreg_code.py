"""VICReg as common implementations compute it: raw embeddings, two terms scaled otherwise.

    L = ν_inv (1/(ND)) Σ_i ‖z_i − z'_i‖² + ν_var (std(z) + std(z'))/2 + ν_cov (cov(z) + cov(z'))

with std and cov of `vicreg_original`: the invariance is averaged over the features and the
variance term halved. N ≥ 2.
"""

from sympy import Integer, Rational

from derive.objectives._vicreg import VICRegTerms, hyper


class VICRegCode(VICRegTerms):
    title = "VICReg as its code computes it, on raw embeddings"
    source = "facebookresearch/vicreg, lightly, pytorch-metric-learning (Bardes et al. 2022)"
    embeddings = "raw"
    invariance_mean = True
    variance_share = Rational(1, 2)
    hyper = hyper(invariance=25, covariances=1, variance=25, target=Integer(1))
