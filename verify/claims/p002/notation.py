"""InfoNCE in the temperature view of arXiv:2012.09740: its penalties, from the derivation."""

from functools import cache

from sympy import Expr, Symbol

from derive.calculus import Derivative
from derive.canonical import for_proof
from derive.nodes import ANCHOR, NEGATIVE, Exp, Log
from derive.notation import cosine, hardest, sum_samples
from derive.objectives import load
from derive.paradigm import decompose, revealed
from verify.claims.points import Space

LOSS = load("infonce")
TAU: Symbol = LOSS.hyper[0].symbol
SPACE = Space(LOSS.hyper)
CROWD = Space(LOSS.hyper, least=3)  # at least two negatives
C = cosine(ANCHOR, NEGATIVE)
Z = sum_samples(lambda k: Exp(cosine(ANCHOR, k) / TAU), other_than=ANCHOR)
HARDEST = hardest(lambda k: cosine(ANCHOR, k), ANCHOR)


@cache
def push(loss: str = "infonce") -> Expr:
    """∂L_i/∂c_ij' of a loss with one pool."""
    (found,) = decompose(load(loss), {}).coefficients.push.values()
    return revealed(found)


@cache
def pull(loss: str = "infonce") -> Expr:
    """−∂L_i/∂c_ii'."""
    return revealed(decompose(load(loss), {}).coefficients.pull)


def penalty(k: Expr) -> Expr:
    """r_ik = e^{c_ik/τ} / Σ_{m≠i} e^{c_im/τ}, as printed."""
    return Exp(cosine(ANCHOR, k) / TAU) / Z


def mean() -> Expr:
    """Σ_k r_ik c_ik."""
    return sum_samples(lambda k: penalty(k) * cosine(ANCHOR, k), other_than=ANCHOR)


def entropy() -> Expr:
    """−Σ_k r_ik log r_ik, with log r_ik = c_ik/τ − log Σ_m e^{c_im/τ}."""
    return -sum_samples(
        lambda k: penalty(k) * (cosine(ANCHOR, k) / TAU - Log(Z)), other_than=ANCHOR
    )


def by_tau(e: Expr) -> Expr:
    """∂e/∂τ at fixed embeddings."""
    return for_proof(Derivative(lambda leaf: leaf * 0, parameter=TAU)(e))
