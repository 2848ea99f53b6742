"""Hyper-parameters and sums that many objectives share."""

from collections.abc import Callable

from sympy import Expr, Rational

from derive.hyper import POSITIVE, REAL, Hyper
from derive.nodes import H_PRIME, Exp, H, N
from derive.notation import squared_distance, sum_samples


def temperature(default: Rational) -> Hyper:
    return Hyper("tau", "τ", r"\tau", default, POSITIVE, "temperature: logits are cosines/τ")


def margin(default: Expr) -> Hyper:
    return Hyper("m", "m", "m", default, REAL, "margin")


def alignment() -> Expr:
    """L^a = (1/N) Σ_i ‖h_i − h'_i‖²."""
    return sum_samples(lambda i: squared_distance(H, i, H_PRIME, i)) / N


def partition(similarity: Callable[[Expr, Expr], Expr], i: Expr, tau: Expr) -> Expr:
    """Σ_{k≠i} e^{similarity(i, k)/τ}."""
    return sum_samples(lambda k: Exp(similarity(i, k) / tau), other_than=i)
