"""The simulation of 001, Section 3.1: components under normally distributed angles.

θ_ii' ~ N(μ_pos, 0.05²), θ_ij' ~ N(μ_neg, 0.10²); μ_pos from π/20 to π/2 and μ_neg from π/20 to π in
100 parts each; 1,000 batches of one positive and 127 negatives. The same normal numbers serve every
pair of means; angles outside of 0 to π are folded back; hyper-parameters are the catalogue's
defaults. Averages over the batches are samples, not proofs.
"""

from functools import cache

import numpy as np

from derive.objectives import load

PARTS, BATCHES, NEGATIVES = 100, 1000, 127
MU_POS = np.linspace(np.pi / 20, np.pi / 2, PARTS)
MU_NEG = np.linspace(np.pi / 20, np.pi, PARTS)
SIGMA_POS, SIGMA_NEG = 0.05, 0.10
LOSSES = ("infonce", "arccon", "mpt", "met")
WHAT = f"{PARTS}×{PARTS} pairs of means, {BATCHES} batches of 1 + {NEGATIVES} angles each"


def default(loss: str, name: str) -> float:
    """A hyper-parameter as simulated."""
    return float(next(x.default for x in load(loss).hyper if x.name == name))


def hyper(loss: str) -> str:
    return ", ".join(f"{x.display}={float(x.default):.4g}" for x in load(loss).hyper)


@cache
def positives(seed: int) -> np.ndarray:
    """(means, batches): θ_ii'."""
    z = np.random.default_rng([seed, 1]).standard_normal(BATCHES)
    return _folded(MU_POS[:, None] + SIGMA_POS * z)


@cache
def hardest(seed: int) -> np.ndarray:
    """(means, batches): the smallest θ_ij'."""
    return np.stack([_negatives(mu, seed).min(axis=1) for mu in MU_NEG])


@cache
def pressure(seed: int, tau: float) -> np.ndarray:
    """(means, batches): log Σ_j e^{cos θ_ij'/τ}."""
    top = np.cos(hardest(seed)) / tau
    rest = (np.exp(np.cos(_negatives(mu, seed)) / tau - x[:, None]).sum(axis=1)
            for mu, x in zip(MU_NEG, top, strict=True))  # fmt: skip
    return top + np.log(np.stack(list(rest)))


@cache
def _normal(seed: int) -> np.ndarray:
    return np.random.default_rng([seed, 2]).standard_normal((BATCHES, NEGATIVES))


def _negatives(mu: float, seed: int) -> np.ndarray:
    """(batches, negatives): θ_ij'."""
    return _folded(mu + SIGMA_NEG * _normal(seed))


def _folded(theta: np.ndarray) -> np.ndarray:
    """The angle between 0 and π with the same cosine."""
    return np.pi - np.abs(np.pi - np.abs(theta))


@cache
def dissipation(loss: str, seed: int) -> np.ndarray:
    """(positive means, negative means): the average of GD_i, as in Table 1."""
    own, near = positives(seed), hardest(seed)
    if loss in ("infonce", "arccon"):
        tau = default(loss, "tau")
        u = default(loss, "u") if loss == "arccon" else 0.0
        score, others = np.cos(own + u) / tau, pressure(seed, tau)
        open_ = (1 / (1 + np.exp(np.clip(x - others, -700, 700))) for x in score)
    else:
        m = default(loss, "m")
        apart = np.cos if loss == "mpt" else lambda x: -2 * np.sin(x / 2)
        open_ = ((x - apart(near) < m) * 1.0 for x in apart(own))
    return np.stack([x.mean(axis=1) for x in open_])


@cache
def ratio(loss: str, seed: int) -> np.ndarray:
    """(positive means, negative means): the average of R_i, as in Table 1."""
    own, near = positives(seed), hardest(seed)
    if loss == "arccon":
        each = (np.sin(own + default(loss, "u")) / np.sin(own)).mean(axis=1)
        return np.repeat(each[:, None], PARTS, axis=1)
    return np.stack([(np.sin(near / 2) / np.sin(x / 2)).mean(axis=1) for x in own])


@cache
def share(tau: float, seed: int) -> np.ndarray:
    """(negative means,): the average part of the hardest negative in the softmax weight."""
    return np.exp(np.cos(hardest(seed)) / tau - pressure(seed, tau)).mean(axis=1)
