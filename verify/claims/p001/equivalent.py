"""L^eB and L^eV: the losses that are equivalent "based on gradients", with their weights."""

from sympy import Expr

from derive.nodes import H_PRIME, Component, H, N, Stop
from derive.notation import cosine, same_view, sum_features
from verify.claims.p001 import losses
from verify.claims.p001.notation import A, I, Pair, nu, over_negatives


def diagonal(weight: Expr) -> Expr:
    """Entry a of I − (1 − weight) C_diag."""
    return 1 - (1 - weight) * losses.correlation(H_PRIME)(A, A)


def equivalent_barlow_twins(weight: Expr, pair: Pair) -> Expr:
    """−h_iᵀ w_p h'_i + ν Σ_{j≠i} h_iᵀ w_n,ij h_j, w_p = 2(I − (1 − weight) C_diag)/N and
    w_n,ij = 2 pair_ij/N², both stopped."""

    def feature(a: Expr) -> Expr:
        own = Stop(2 * diagonal(weight) / N).xreplace({A: a})
        return Component(H, I, a) * own * Component(H_PRIME, I, a)

    pushed = over_negatives(lambda k: Stop(2 * pair(I, k) / N**2) * same_view(I, k))
    return -sum_features(feature) + nu * pushed


def equivalent_vicreg(weight: Expr) -> Expr:
    """The same with w_p = 2I/N and w_n,ij = 2 h_iᵀh_j/N²; weight: ν^V."""
    pushed = over_negatives(lambda k: Stop(2 * same_view(I, k) / N**2) * same_view(I, k))
    return -2 / N * cosine(I, I) + weight * pushed
