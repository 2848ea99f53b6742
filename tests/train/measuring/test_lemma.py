"""Lemma 1's bounds, against moving the anchor."""

import pytest
import torch

from train.measuring import lemma, measure
from train.measuring.geometry import Geometry, unit
from train.measuring.norms import tangent

EPS = 1e-6


def batch(n=5, d=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    h = unit(torch.randn(n, d, generator=generator))
    noise = torch.randn(n, d, generator=generator)
    return Geometry.of(h, unit(h + 0.8 * noise))


def closer_on_plane(at, i, j, step, r):
    """Whether λ(rh' − h_j'), on the anchor's tangent plane, ends nearer to the positive."""
    h, positive, negative = at.h[i : i + 1], at.h_prime[i : i + 1], at.h_prime[j : j + 1]
    p, q = tangent(positive, h), tangent(negative, h)
    return bool((step * (r * p - q) - p).norm() < p.norm())


def closer_on_sphere(at, i, j, step, r):
    h, positive, negative = at.h[i], at.h_prime[i], at.h_prime[j]
    moved = h + step * (r * positive - negative)
    return bool(moved @ positive / moved.norm() > h @ positive)


def check_bounds(at, step):
    """Just within the bounds the anchor comes closer, and just beyond it does not."""
    found, tried = lemma.bounds(lemma.Plane.of(at), step), 0
    for i in range(len(at.h)):
        for j in range(len(at.h)):
            if i == j:
                assert not found.defined[i, j]
                continue
            low, high, sphere = (
                x[i, j].item() for x in (found.minimum, found.maximum, found.sphere)
            )
            assert closer_on_sphere(at, i, j, step, sphere + EPS)
            assert not closer_on_sphere(at, i, j, step, sphere - EPS)
            if low != low:  # no ratio does it: the middle of the interval least of all
                middle = torch.linspace(-50, 50, 101).tolist()
                assert not any(closer_on_plane(at, i, j, step, r) for r in middle)
                continue
            tried += 1
            for r, wanted in ((low, False), (high, True)):
                assert closer_on_plane(at, i, j, step, r - EPS) is wanted
                assert closer_on_plane(at, i, j, step, r + EPS) is not wanted
    assert tried


@pytest.mark.parametrize("step", lemma.STEPS)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_bounds_are_where_the_anchor_begins_and_ends_to_come_closer(step, seed):
    check_bounds(batch(seed=seed), step)


def test_a_transposed_view_is_caught(monkeypatch):
    at = batch()
    wrong = Geometry(at.h, at.h_prime, at.cosines.T, at.others)
    plane = lemma.Plane.of(wrong)
    monkeypatch.setattr(lemma.Plane, "of", lambda _: plane)
    with pytest.raises(AssertionError):
        check_bounds(at, 0.5)


def test_the_shares_of_the_record():
    at = batch(12, 6)
    found = measure("met", {}, at.h, at.h_prime, seed=0, batch=12)
    ratios = found["ratio"]
    assert ratios["n"] == 12
    for condition in found["lemma_1"]:
        x = lemma.bounds(lemma.Plane.of(at), condition["lambda"])
        inside = (x.minimum < 1) & (x.maximum > 1)
        assert condition["met_by_one"] == pytest.approx(inside.sum().item() / (12 * 11))
        possible = x.minimum.isfinite().sum().item()
        assert condition["possible"] == pytest.approx(possible / (12 * 11))
        assert condition["minimum"]["n"] == condition["maximum"]["n"] == possible
        assert condition["minimum"]["undefined"] == 12 * 11 - possible
        assert 0 <= condition["met_by_ratio"] <= condition["possible"]


def test_a_ratio_of_one_meets_it_as_often_as_one():
    at = batch(12, 6)
    for condition in measure("mpt", {}, at.h, at.h_prime, seed=0)["lemma_1"]:
        assert condition["met_by_ratio"] == condition["met_by_one"]


def test_without_a_ratio_nothing_is_said_of_it():
    at = batch()
    for condition in measure("align", {}, at.h, at.h_prime, seed=0)["lemma_1"]:
        assert condition["met_by_ratio"] is None
        assert condition["met_by_one"] is not None


def test_positives_that_coincide_have_no_bound():
    h = batch().h
    found = measure("infonce", {}, h, h, seed=0)["lemma_1"]
    for condition in found:
        assert condition["minimum"] is None
        assert condition["sphere_minimum"] is None
        assert condition["met_by_one"] is None
