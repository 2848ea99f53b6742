"""Exponentials beyond the range of a dtype, in losses that the catalogue does not have.

The catalogue's own are held at low temperatures in tests/verify/test_fast_exactness.py.
"""

from functools import partial

import pytest
import torch
from sympy import Rational, Symbol
from torch import Tensor
from torch.nn.functional import normalize

from derive.hyper import POSITIVE, Hyper
from derive.nodes import (
    ANCHOR,
    H_PRIME,
    Exp,
    H,
    Hinge,
    Inner,
    Log,
    SampleIndex,
    Stop,
    centred,
)
from derive.notation import cosine, squared_distance, sum_samples
from derive.torch import objective
from derive.torch.magnitude import is_safe
from tests.derive.batches import unit_batch
from tests.derive.own_losses import (
    UNITS,
    OfBatch,
    PerAnchor,
    assert_agrees,
    others,
)

ROWS, WIDTH = 6, 4
TAU = Hyper("tau", "τ", r"\tau", "1/20", POSITIVE, "temperature")
each_dtype = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])

# --- Numerators of both signs -------------------------------------------------------------------


class NestedNormalisers(PerAnchor):
    """Σ p_k (∂s_k − Σ_l q_kl ∂s_kl) is the gradient: sums of both signs beside normalisers."""

    hyper = (TAU,)

    def terms(self, i, x):
        def share(k):
            return Exp(cosine(i, k) / x.tau) / sum_samples(lambda m: Exp(cosine(k, m) / x.tau))

        return Log(sum_samples(share, other_than=i)) - cosine(i, i) / x.tau


def nested_normalisers(h: Tensor, p: Tensor, tau: float) -> Tensor:
    s = h @ p.T / tau
    logits = (s - s.logsumexp(1)).masked_fill(~others(len(s)), -torch.inf)
    return (logits.logsumexp(1) - s.diagonal()).mean()


class GaussianPotential(OfBatch):
    """Hinged alignment and the uniformity of Gaussian kernels, with squared distances."""

    hyper = (TAU,)

    def terms(self, i, x):
        def squared(k, m):
            return squared_distance(H, k, H_PRIME, m)

        def of(k):
            kernels = sum_samples(lambda m: Exp(-squared(k, m) / x.tau), other_than=k)
            return Hinge(squared(k, k) - Rational(1, 10)) + kernels

        return sum_samples(of)


def gaussian_potential(h: Tensor, p: Tensor, tau: float) -> Tensor:
    squares = (h[:, None] - p[None]).square().sum(2)
    kernels = (-squares / tau).exp() * others(len(h))
    return (squares.diagonal() - 0.1).clamp(min=0).sum() + kernels.sum()


BOTH_SIGNS = {
    "nested normalisers": (NestedNormalisers(), nested_normalisers),
    "a Gaussian potential": (GaussianPotential(), gaussian_potential),
}


@pytest.mark.parametrize("what", BOTH_SIGNS)
@pytest.mark.parametrize("tau", [1 / 60, 1 / 70, 1 / 500, 1 / 2000])
@each_dtype
def test_numerators_of_both_signs_at_low_temperatures(
    what: str, tau: float, dtype: torch.dtype
) -> None:
    loss, reference = BOTH_SIGNS[what]
    assert_agrees(
        objective(loss, tau=tau, tile=4),
        partial(reference, tau=tau),
        unit_batch(ROWS, WIDTH),
        dtype,
        scale=1 / tau,
    )


# --- Centred rows -------------------------------------------------------------------------------


class CentredWeights(PerAnchor):
    hyper = (TAU,)
    stop_gradients = "the weights"

    def terms(self, i, x):
        def weight(k):
            return Stop(Exp(Inner(centred(H), i, centred(H), k) / x.tau))

        return sum_samples(lambda k: weight(k) * cosine(i, k), other_than=i) - cosine(i, i)


def test_a_centred_row_may_be_twice_as_long() -> None:
    i, k, tau = ANCHOR, SampleIndex("k"), Symbol("tau", positive=True)
    reach = {(H, H): 1, (centred(H), H_PRIME): 2, (centred(H), centred(H)): 4}
    for (v, w), times in reach.items():
        logit = Exp(Inner(v, i, w, k) / tau)
        assert is_safe((logit,), {"tau": times / 70}, 100, torch.float32)
        assert not is_safe((logit,), {"tau": times / 100}, 100, torch.float32)


@each_dtype
def test_exponentials_of_centred_rows(dtype: torch.dtype) -> None:
    """One row opposite to the others: ⟨ĥ_i, ĥ_i⟩/τ, which no sum has, is beyond float32's range."""
    tau = 1 / 70

    def reference(h: Tensor, h_prime: Tensor) -> Tensor:
        apart = (h - h.mean(0)).detach()
        weights = (apart @ apart.T / tau).exp().where(others(len(h)), -1.0)
        return (weights * (h @ h_prime.T)).sum() / len(h)

    h, h_prime = unit_batch(ROWS, WIDTH)
    h = normalize(0.3 * h + torch.eye(WIDTH)[0], dim=1)
    h[2] = -h[2]
    assert (h[2] - h.mean(0)).square().sum() > 2
    loss = objective(CentredWeights(), tau=tau)
    assert_agrees(loss, reference, (h, h_prime), dtype, scale=1 / tau)
    with torch.no_grad():
        value, right = loss(h.to(dtype), h_prime.to(dtype)), reference(h, h_prime)
    bound = UNITS * torch.finfo(dtype).eps / tau * float(right.abs().clamp(min=1))
    assert float((value - right).abs()) <= bound
