"""Hyper-parameters and sums that many objectives share."""

from collections.abc import Callable

from sympy import Expr, Integer, Rational

from derive.hyper import NONNEGATIVE, POSITIVE, REAL, Domain, Hyper
from derive.nodes import H_PRIME, Definition, Exp, H, Log, N, SampleIndex, View
from derive.notation import (
    cosine,
    define,
    distance,
    hardest,
    other_view,
    same_view,
    squared_distance,
    sum_samples,
)

_SQUARE = Integer(2)


def temperature(default: Rational) -> Hyper:
    return Hyper("tau", "τ", r"\tau", default, POSITIVE, "temperature: logits are cosines/τ")


def margin(default: Expr) -> Hyper:
    return Hyper("m", "m", "m", default, REAL, "margin")


def both_partitions(s: Definition, tau: Expr) -> tuple[Definition, Definition]:
    """Z_i and Z'_i: Σ e^{⟨v_i, w⟩/τ} over all 2N − 1 other embeddings w, of h_i and of h'_i."""
    i = SampleIndex("_i")
    first = partition(cosine, i, tau) + partition(same_view, i, tau)
    second = partition(lambda k, m: cosine(m, k), i, tau) + partition(other_view, i, tau)
    own = Exp(s(i) / tau)
    return (
        define("Z", own + first, i, view=H, opaque=True),
        define("Z", own + second, i, view=H_PRIME, opaque=True),
    )


def uniform_share() -> Hyper:
    return Hyper("lam", "λ", r"\lambda", 1 / (N - 1), NONNEGATIVE, "weight of each negative")


def hard_share() -> Hyper:
    domain = Domain(Integer(0), Integer(1), high_open=False)
    meaning = "share of the negatives that are kept, the hardest"
    return Hyper("share", "α", r"\alpha", Rational(1, 10), domain, meaning)


def mixing(default: Rational) -> Hyper:
    domain = Domain(Integer(0), Integer(1), low_open=False, high_open=False)
    return Hyper("lam", "λ", r"\lambda", default, domain, "share of the first part")


def alignment_power() -> Hyper:
    return Hyper("alpha", "α", r"\alpha", Integer(2), POSITIVE, "power of the distance")


def potential_scale() -> Hyper:
    return Hyper("t", "t", "t", Integer(2), POSITIVE, "scale of the Gaussian potential")


def uniformity_weight(default: Integer) -> Hyper:
    return Hyper("nu", "ν", r"\nu", default, NONNEGATIVE, "weight of the uniformity")


def redundancy_weight(default: Expr) -> Hyper:
    return Hyper("nu", "ν", r"\nu", default, NONNEGATIVE, "weight of the redundancy reduction")


def offset(default: Expr) -> Hyper:
    return Hyper("eps", "ε", r"\varepsilon", default, NONNEGATIVE, "offset")


def alignment(power: Expr = _SQUARE) -> Expr:
    """(1/N) Σ_i ‖h_i − h'_i‖^power; 2: L^a."""
    return sum_samples(lambda i: squared_distance(H, i, H_PRIME, i) ** (power / 2)) / N


def potential(v: View, w: View, scale: Expr) -> Expr:
    """log (1/(N(N−1))) Σ_{k≠l} e^{−scale ‖v_k − w_l‖²}."""

    def row(k: Expr) -> Expr:
        return sum_samples(lambda m: Exp(-scale * squared_distance(v, k, w, m)), other_than=k)

    return Log(sum_samples(row) / (N * (N - 1)))


def separation(i: Expr) -> Expr:
    """min_{k≠i} ‖h_i − h_k‖."""
    return -hardest(lambda k: -distance(H, i, H, k), i)


def partition(similarity: Callable[[Expr, Expr], Expr], i: Expr, tau: Expr) -> Expr:
    """Σ_{k≠i} e^{similarity(i, k)/τ}."""
    return sum_samples(lambda k: Exp(similarity(i, k) / tau), other_than=i)
