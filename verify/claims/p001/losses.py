"""The scalars of this paper, each as its formula is printed (§2.2, §4, App. E)."""

from collections.abc import Callable

from sympy import Expr, sqrt

from derive.nodes import (
    H_PRIME,
    Angle,
    Component,
    Cos,
    D,
    Definition,
    Exp,
    FeatureIndex,
    H,
    Hinge,
    Inner,
    Log,
    N,
    Stop,
    View,
    centred,
)
from derive.notation import (
    cosine,
    define,
    distance,
    hardest,
    same_view,
    squared_distance,
    sum_features,
    sum_pairs,
    sum_samples,
)
from verify.claims.p001.notation import (
    I,
    exp_over_tau,
    gamma,
    gate,
    m,
    nu,
    nu_1,
    nu_2,
    over_negatives,
    over_pairs,
    r,
    tau,
    u,
)

_a, _b = FeatureIndex("_a"), FeatureIndex("_b")
Metric = Callable[[View, Expr, View, Expr], Expr]


def projected(v: View, i: Expr, w: View, k: Expr) -> Expr:
    """d(a, b) = −aᵀb of MPT."""
    return -Inner(v, i, w, k)


def infonce() -> Expr:
    own = exp_over_tau(cosine, I, I)
    return -Log(own / sum_samples(lambda k: exp_over_tau(cosine, I, k)))


def arccon() -> Expr:
    own = Exp(Cos(Angle(cosine(I, I)) + u) / tau)
    return -Log(own / (own + over_negatives(lambda k: exp_over_tau(cosine, I, k))))


def triplet(d: Metric) -> Expr:
    """max(0, d(h_i, h'_i) − max_{j≠i} d(h_i, h'_j) + m): the largest distance, as printed."""
    farthest = hardest(lambda k: d(H, I, H_PRIME, k), I)
    return Hinge(d(H, I, H_PRIME, I) - farthest + m)


def triplet_meant(d: Metric) -> Expr:
    """With the least distance, as App. D.1 has it."""
    nearest = -hardest(lambda k: -d(H, I, H_PRIME, k), I)
    return Hinge(d(H, I, H_PRIME, I) - nearest + m)


def alignment() -> Expr:
    return sum_samples(lambda k: squared_distance(H, k, H_PRIME, k)) / N


def energy(scale: Expr) -> Expr:
    """log 2/(N(N−1)) Σ_{k<l} e^{−scale ‖h_k − h_l‖²}; scale 1: MHE, 1/(2τ): of mMHE."""
    pairs = sum_pairs(lambda k, n: Exp(-scale * squared_distance(H, k, H, n)))
    return Log(2 / (N * (N - 1)) * pairs)


def separation() -> Expr:
    """−min_{j≠i} ‖h_i − h_j‖."""
    return hardest(lambda k: -distance(H, I, H, k), I)


def correlation(second: View) -> Definition:
    """C^B = (1/N) Σ_i h_i v_iᵀ; as printed v = h, where Barlow Twins has h'."""
    body = sum_samples(lambda k: Component(H, k, _a) * Component(second, k, _b)) / N
    return define("C", body, _a, _b)


def barlow_twins(c: Definition) -> Expr:
    def row(a: Expr) -> Expr:
        return sum_features(lambda b: c(a, b) ** 2, other_than=a)

    return sum_features(lambda a: (c(a, a) - 1) ** 2) + nu * sum_features(row)


def covariance(view: View) -> Definition:
    """C^V = (1/(N−1)) Σ_i (h_i − h̄)(h_i − h̄)ᵀ."""
    v = centred(view)
    body = sum_samples(lambda k: Component(v, k, _a) * Component(v, k, _b)) / (N - 1)
    return define("C", body, _a, _b, view=view)


def v_printed(view: View) -> Expr:
    """v = (1/D) Σ_{k≠l} (C_kl)²."""
    c = covariance(view)
    return sum_features(lambda a: sum_features(lambda b: c(a, b) ** 2, other_than=a)) / D


def c_printed(view: View) -> Expr:
    """c = (1/D) Σ_k max(0, γ − σ_k), σ the sample standard deviation."""
    sigma = define("σ", sqrt(covariance(view)(_a, _a)), _a, view=view, opaque=True)
    return sum_features(lambda a: Hinge(gamma - sigma(a))) / D


def vicreg() -> Expr:
    first = v_printed(H) + v_printed(H_PRIME)
    return alignment() + nu_1 * first + nu_2 * (c_printed(H) + c_printed(H_PRIME))


def mmhe_weight() -> Expr:
    """Of the alignment in Eq. 14."""
    pairs = over_pairs(lambda k, n: exp_over_tau(same_view, k, n)) / 2
    return r * over_negatives(lambda k: exp_over_tau(same_view, I, k)) / (2 * tau * pairs)


def mmhs_weight() -> Expr:
    """Of the alignment in Eq. 15, with the largest distance, as printed."""
    return r / (2 * hardest(lambda k: distance(H, I, H, k), I))


def mmhe(opened: Expr | None = None) -> Expr:
    """Eq. 14."""
    pulled = Stop(mmhe_weight()) * squared_distance(H, I, H_PRIME, I)
    return (opened or gate()) * (pulled + energy(1 / (2 * tau)))


def mmhs(opened: Expr | None = None) -> Expr:
    """Eq. 15, with the largest distance in the alignment, as printed."""
    pulled = Stop(mmhs_weight()) * squared_distance(H, I, H_PRIME, I)
    return (opened or gate()) * (pulled + separation())


def weighted(pair: Callable[[Expr, Expr], Expr], opened: Expr | None = None) -> Expr:
    """Eq. 6 (pair: cross-view cosines) and Eq. 13 (same-view): w_p and w_n stopped."""
    total = over_pairs(lambda k, n: exp_over_tau(pair, k, n))
    own = r * over_negatives(lambda k: exp_over_tau(pair, I, k)) / total
    pushed = over_negatives(lambda k: Stop(exp_over_tau(pair, I, k) / total) * same_view(I, k))
    return (opened or gate()) * (pushed - Stop(own) * cosine(I, I))
