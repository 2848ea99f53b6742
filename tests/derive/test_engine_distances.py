"""Distances that are 0 or nearly: nearest samples of raw embeddings, large norms, coincident rows.

A squared distance is made of inner products; rounding may put it below zero, and its root has a
pole in its derivative at 0.
"""

from functools import partial

import pytest
import torch
from sympy import Rational
from torch import Tensor

from derive.hyper import POSITIVE, Hyper
from derive.nodes import Z_PRIME, Exp, Hinge, Inner, Log, Z
from derive.notation import distance, hardest, sum_samples
from derive.objective import BOTH, SAME
from derive.torch import objective
from tests.derive.batches import raw_batch, unit_batch
from tests.derive.own_losses import (
    OfBatch,
    PerAnchor,
    Reference,
    assert_agrees,
    differentiated,
    distances,
    others,
)
from verify import oracles

ROWS, WIDTH = 7, 4
TAU = Hyper("tau", "τ", r"\tau", "1/20", POSITIVE, "temperature")
each_dtype = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
each_tile = pytest.mark.parametrize("tile", [1, 3, None])

# --- Batch-hard triplets of raw embeddings ------------------------------------------------------


class BatchHard(OfBatch):
    embeddings, pool = "raw", SAME

    def terms(self, i, x):
        def of(k):
            near = hardest(lambda m: -distance(Z, k, Z, m), k)
            return Hinge(near + distance(Z, k, Z_PRIME, k) + Rational(1, 2))

        return sum_samples(of)


class HardestAmongPositives(PerAnchor):
    """An anchor's term, read down a column too: it is differentiated as a scalar of the batch."""

    embeddings, pool = "raw", BOTH

    def terms(self, i, x):
        near = hardest(lambda k: -distance(Z_PRIME, k, Z_PRIME, i), i)
        column = sum_samples(lambda k: Inner(Z, k, Z_PRIME, i) ** 2, other_than=i)
        return Hinge(near + distance(Z, i, Z_PRIME, i) + Rational(1, 2)) + column


def hinges(v: Tensor, z: Tensor, p: Tensor) -> Tensor:
    """max(0, ½ + ‖z_i − z'_i‖ − min_{k≠i} ‖v_i − v_k‖)."""
    near = distances(v, v).masked_fill(~others(len(v)), torch.inf).amin(1)
    return (0.5 - near + distances(z, p).diagonal()).clamp(min=0)


def hardest_among_positives(z: Tensor, p: Tensor) -> Tensor:
    s = z @ p.T
    return (hinges(p, z, p) + s.square().sum(0) - s.diagonal().square()).mean()


TRIPLETS: dict[str, tuple[PerAnchor, Reference]] = {
    "a scalar of the batch": (BatchHard(), lambda z, p: hinges(z, z, p).sum()),
    "an anchor's term": (HardestAmongPositives(), hardest_among_positives),
}


@each_tile
@pytest.mark.parametrize("what", TRIPLETS)
def test_batch_hard_triplets_of_raw_embeddings(what: str, tile: int | None) -> None:
    """Beside the condition k ≠ i stands 1/‖z_i − z_k‖, which at k = i is no number."""
    loss, reference = TRIPLETS[what]
    assert_agrees(objective(loss, tile=tile), reference, raw_batch(ROWS, WIDTH))


# --- Distances of large rows --------------------------------------------------------------------


class RawLifted(PerAnchor):
    """Lifted structure with negatives of both views, squared."""

    embeddings, pool = "raw", BOTH
    hyper = (TAU,)

    def terms(self, i, x):
        def powers(k):
            gaps = (1 - distance(Z, i, v, k) for v in (Z, Z_PRIME))
            return sum(Exp(gap / x.tau) for gap in gaps)

        soft = x.tau * Log(sum_samples(powers, other_than=i))
        return Hinge(soft + distance(Z, i, Z_PRIME, i) + 100) ** 2


each_scale = pytest.mark.parametrize("times", [30, 60, 1000])


def raw_lifted(z: Tensor, p: Tensor, tau: float) -> Tensor:
    apart = torch.stack([distances(z, p), distances(z, z)])
    logits = ((1 - apart) / tau).masked_fill(~others(len(z)), -torch.inf)
    soft = tau * logits.logsumexp((0, 2))
    return (soft + distances(z, p).diagonal() + 100).clamp(min=0).square().mean()


@each_scale
@each_dtype
def test_distances_of_rows_of_large_norms(times: float, dtype: torch.dtype) -> None:
    """⟨z,z⟩ − 2⟨z,z⟩ + ⟨z,z⟩ of a row with itself may round far below zero: not to NaN."""
    z, p = (times * x for x in raw_batch(5, WIDTH))
    apart = torch.stack([distances(z, p), distances(z, z)])
    # by how much a squared distance multiplies the rounding of what it is made of
    scale = float(z.norm(dim=1).max() / apart[:, others(5)].min()) ** 2
    for tau in (Rational(1, 20), 1):
        loss = objective(RawLifted(), tau=tau)
        reference = partial(raw_lifted, tau=float(tau))
        assert_agrees(loss, reference, (z, p), dtype, scale)


@pytest.mark.parametrize("apart", [0, 1e-9, 1e-6])
@each_scale
@each_dtype
def test_near_duplicates_of_large_norms(times: float, apart: float, dtype: torch.dtype) -> None:
    """Their distance is known to √eps of their norm; all that is made of it stays finite."""
    reference = partial(raw_lifted, tau=0.05)
    for seed in range(3):
        z, p = raw_batch(5, WIDTH, seed)
        z[3] = z[1] + apart * p[0]
        rows = (times * z, times * p)
        value, *slopes = differentiated(objective(RawLifted()), tuple(x.to(dtype) for x in rows))
        right, *known = differentiated(reference, rows)
        assert all(x.isfinite().all() for x in slopes)
        rounding = torch.finfo(dtype).eps ** 0.5 * float(rows[0].norm(dim=1).max())
        assert float((value - right).abs()) <= rounding * max(float(x.abs().max()) for x in known)


# --- Coincident rows of one view ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["mhs", "mhs_anchor", "mmhs", "mhs_gd"])
@each_dtype
def test_coincident_rows_of_one_view_are_no_distance_apart(name: str, dtype: torch.dtype) -> None:
    """The nearest sample is at distance 0, whose gradient is 0: rounding has no say in it."""
    h, h_prime = unit_batch(ROWS, WIDTH, seed=23)
    h[3:6] = h[:3]
    assert_agrees(objective(name, tile=3), oracles.load(name), (h, h_prime), dtype)
