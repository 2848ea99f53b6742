"""The printed gradients of InfoNCE, ArcCon, MPT and MET, §2.2 and App. D.1, and the paradigm."""

from sympy import Expr

from derive.nodes import H_PRIME, Angle, Cos, Exp, H, Log, Sin, Step, Stop
from derive.notation import cosine, distance, hardest_index, sum_samples
from verify.claims.equalities import gradient
from verify.claims.p001 import losses
from verify.claims.p001.notation import (
    I,
    J,
    exp_over_tau,
    h_prime,
    m,
    over_negatives,
    tau,
    u,
)


def _e(k: Expr) -> Expr:
    return exp_over_tau(cosine, I, k)


def infonce_lines() -> list[Expr]:
    """App. D.1, the five lines for InfoNCE."""
    everything = sum_samples(_e)
    return [
        gradient(losses.infonce()),
        gradient(Log(everything)) - gradient(cosine(I, I) / tau),
        gradient(everything) / everything - h_prime(I) / tau,
        sum_samples(lambda k: _e(k) * h_prime(k)) / (tau * everything) - h_prime(I) / tau,
        over_negatives(lambda k: _e(k) * (h_prime(k) - h_prime(I))) / (tau * everything),
    ]


def arccon_lines() -> list[Expr]:
    """The five lines for ArcCon."""
    angle = Angle(cosine(I, I)) + u
    own, slope = Exp(Cos(angle) / tau), Sin(angle) / Sin(Angle(cosine(I, I)))
    everything = own + over_negatives(_e)
    pushed = over_negatives(lambda k: _e(k) * h_prime(k)) / (tau * everything)
    pulled = own * slope * h_prime(I) / (tau * everything)
    return [
        gradient(losses.arccon()),
        gradient(Log(everything)) - gradient(Cos(angle) / tau),
        gradient(everything) / everything + Sin(angle) / tau * gradient(angle),
        pulled + pushed - slope * h_prime(I) / tau,
        over_negatives(lambda k: _e(k) * (h_prime(k) - slope * h_prime(I))) / (tau * everything),
    ]


def mpt_gradient() -> Expr:
    """Eq. 3, first line, with its j and its indicator."""
    j = hardest_index(lambda k: cosine(I, k), I)
    opened = Step(m - (-cosine(I, j) + cosine(I, I)))
    return opened * (h_prime(j) - h_prime(I))


def met_gradient(*, as_in_the_appendix: bool = False) -> Expr:
    """Eq. 3, second line; App. D.1 has the two distances of the indicator the other way round."""
    j = hardest_index(lambda k: cosine(I, k), I)
    near, own = distance(H, I, H_PRIME, j), distance(H, I, H_PRIME, I)
    apart = own - near if as_in_the_appendix else near - own
    return Step(m - apart) * (h_prime(j) / near - h_prime(I) / own)


def triplet_gradient(d: losses.Metric) -> Expr:
    """App. D.1: 1[−d(h_i, h'_i) + d(h_i, h'_j) < m] (∂d(h_i, h'_i) − ∂d(h_i, h'_j))."""
    j = hardest_index(lambda k: -d(H, I, H_PRIME, k), I)
    own, near = d(H, I, H_PRIME, I), d(H, I, H_PRIME, j)
    return Step(m - (near - own)) * (gradient(own) - gradient(near))


def paradigm(dissipation: Expr, weight: Expr, ratio: Expr) -> tuple[Expr, Expr]:
    """Eq. 5, its components without gradient, and Eq. 4; weight: of the negative _j."""

    def scalar(k: Expr) -> Expr:
        apart = cosine(I, k) - Stop(ratio) * cosine(I, I)
        return Stop(weight).xreplace({J: k}) * apart

    def printed(k: Expr) -> Expr:
        return weight.xreplace({J: k}) * (h_prime(k) - ratio * h_prime(I))

    return Stop(dissipation) * over_negatives(scalar), dissipation * over_negatives(printed)
