"""Figure 12 of 001: its steps and arrows against gradients in plain torch and numpy."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from derive.api import load
from reports.papers.lemma import Configuration
from reports.papers.mechanisms import dissipation as part_a
from reports.papers.mechanisms import ratio as part_c
from reports.papers.mechanisms import weight as part_b
from reports.papers.mechanisms.sphere import Sphere, directions
from reports.papers.mechanisms.steps import descend
from reports.svg import PAPER, styled

SEED = 2
STEPS, RATE = 150, 0.02


def step(h, h_prime, rate, margin):
    """One step by Σ_i max(0, m − c_ii' + max_j c_ij') of all points; margin: None for GD = 1."""
    h, h_prime = (torch.tensor(x).requires_grad_() for x in (h, h_prime))
    cosines = h @ h_prime.T
    largest = cosines.masked_fill(torch.eye(len(h), dtype=torch.bool), -9).amax(dim=1)
    inner = largest - cosines.diagonal()
    loss = inner.sum() if margin is None else (inner + margin).relu().sum()
    slopes = torch.autograd.grad(loss, (h, h_prime))
    moved = [(x - rate * g).detach().numpy() for x, g in zip((h, h_prime), slopes, strict=True)]
    return [x / np.linalg.norm(x, axis=1, keepdims=True) for x in moved]


def columns(picture):
    return {name: np.array(x) for name, x in picture.data.columns.items()}


@pytest.fixture(scope="module")
def dissipation():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(part_a, "STEPS", STEPS)
        patch.setattr(part_a, "RATE", RATE)
        yield part_a.picture(SEED)


@pytest.fixture(scope="module")
def ratio():
    return part_c.picture(SEED)


@pytest.mark.parametrize(("title", "margin"), [("GD = 1", None), ("with GD", 0.23)])
def test_every_step_is_a_gradient_step_of_the_loss(dissipation, title, margin):
    c = columns(dissipation)
    own = c["gradient"] == title
    places = np.stack([c[x][own] for x in "xyz"], axis=-1).reshape(STEPS + 1, 2, -1, 3)
    for n in (0, 1, 50, STEPS - 1):
        wanted = step(*places[n], RATE, margin)
        np.testing.assert_allclose(places[n + 1], wanted, atol=1e-12)


def test_with_dissipation_the_pairs_stop_and_without_it_they_go_on(dissipation):
    c = columns(dissipation)
    gap = {x: c["mean_gap_rad"][c["gradient"] == x] for x in ("GD = 1", "with GD")}
    assert gap["GD = 1"][-1] > gap["with GD"][-1]
    assert gap["with GD"][-1] == gap["with GD"][-20]
    assert gap["GD = 1"][-1] > gap["GD = 1"][-20]
    assert "where 4 of 4 gates are closed" in dissipation.caption


def test_the_pushes_are_those_of_the_softmax():
    points = part_b.negatives(SEED)
    found = part_b.pushes(part_b.decompositions()["own"], points)
    anchor = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64, requires_grad=True)
    loss = (torch.from_numpy(points) @ anchor / 0.05).logsumexp(dim=0) * 0.05
    (slope,) = torch.autograd.grad(loss, anchor)
    np.testing.assert_allclose(found.whole, [*(-slope[:2].numpy()), 0], atol=1e-12)
    assert found.weight.sum() == pytest.approx(1)


def test_equal_weights_push_by_the_mean():
    points = part_b.negatives(SEED)
    found = part_b.pushes(part_b.decompositions()["uniform"], points)
    np.testing.assert_allclose(found.whole, [*(-points[:, :2].mean(axis=0)), 0], atol=1e-12)


def test_the_first_negative_is_the_hardest_and_all_are_in_the_data():
    picture = part_b.picture(SEED)
    c = columns(picture)
    points = part_b.negatives(SEED)
    assert points[:, 2].argmax() == 0
    assert (np.diff(c["theta_rad"][: len(points)]) > 0).all()
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1)
    lengths = np.hypot(c["push_x"], c["push_y"]).reshape(2, -1)
    equal, own = lengths[:, 0] / lengths.sum(axis=1)
    assert f"{equal:.0%} of the summed lengths with equal weights, {own:.0%}" in picture.caption


def test_the_ratio_moves_the_anchor_by_the_step_of_the_lemma(ratio):
    c = columns(ratio)
    for r in part_c.RATIOS:
        of = {name: (c["r"] == r) & (c["what"] == name) for name in ("h_i", "h'_i", "h'_j")}
        places = {x: np.stack([c[k][of[x]] for k in "xyz"], axis=-1).astype(float) for x in of}
        h, (positive,), (negative,) = places["h_i"], places["h'_i"], places["h'_j"]
        for before, after in pairwise(h):
            moved = before + part_c.RATE * (r * positive - negative)
            np.testing.assert_allclose(after, moved / np.linalg.norm(moved), atol=1e-12)
        angle = np.arccos(h @ positive)
        np.testing.assert_allclose(c["theta_pos_rad"][of["h_i"]].astype(float), angle)
        away = r < part_c.configuration().sphere
        assert (angle[1] > angle[0]) == away == (angle[-1] > angle[0])


def test_the_bound_of_the_ratio_is_between_both_ratios():
    at = part_c.configuration()
    assert isinstance(at, Configuration)
    low, high = part_c.RATIOS
    assert low < at.bounds[0] < high < at.bounds[1]


def test_what_is_drawn_is_on_the_sphere(ratio):
    for picture in (part_b.picture(SEED), ratio):
        with styled(PAPER):
            spheres = picture.draw(PAPER).axes[:2]
        for axes in spheres:
            assert axes.get_aspect() == 1
            for line in axes.lines:
                x, y = np.array(line.get_xdata(), float), np.array(line.get_ydata(), float)
                assert not (np.hypot(x, y) > 1 + 1e-9).any()


def test_the_projection_keeps_lengths_and_hides_what_is_behind():
    sphere = Sphere(None, PAPER, (0.3, -0.2, 0.9))
    np.testing.assert_allclose(sphere.frame @ sphere.frame.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(sphere.frame) == pytest.approx(1)
    eye = np.array([0.3, -0.2, 0.9]) / np.linalg.norm([0.3, -0.2, 0.9])
    np.testing.assert_allclose(sphere.seen(eye), [0, 0, 1], atol=1e-12)
    assert sphere.seen(-eye)[2] < 0
    np.testing.assert_allclose(np.linalg.norm(directions(0.4, np.arange(5.0)), axis=1), 1)


def test_a_step_in_the_wrong_direction_is_caught():
    h, h_prime = part_a.start(SEED)
    wrong = descend(load("mpt"), h, h_prime, rate=-RATE, steps=1)
    wanted = step(h.numpy(), h_prime.numpy(), RATE, 0.23)
    assert not np.allclose(wrong.h[1], wanted[0], atol=1e-12)
