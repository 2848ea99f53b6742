"""Figure 11 of 001, against points that are moved in plain numpy."""

from math import pi

import numpy as np
import pytest

from reports.context import Context
from reports.papers.lemma import ANGLES, STEPS, Configuration, figure_11
from reports.svg import PAPER, styled

CELLS = 12


@pytest.fixture(scope="module")
def picture():
    (made,) = figure_11(Context(cells=CELLS))
    return made


def rows(picture, step, what):
    """The rows of one λ and kind, as dictionaries."""
    heads = list(picture.data.columns)
    found = [dict(zip(heads, row, strict=True)) for row in picture.data.rows()]
    return [x for x in found if x["lambda"] == step and x["what"] == what]


def on_plane(theta, phi, alpha, step, r):
    """The change of the distance to the positive on the tangent plane."""
    positive = np.array([np.sin(theta), 0])
    negative = np.sin(phi) * np.array([np.cos(alpha), np.sin(alpha)])
    moved = step * (r * positive - negative)
    return np.linalg.norm(moved - positive) - np.sin(theta)


def on_sphere(theta, phi, alpha, step, r):
    """The same on the sphere, of the chords."""
    h = np.array([0, 0, 1])
    positive = np.array([np.sin(theta), 0, np.cos(theta)])
    across = np.array([np.cos(alpha), np.sin(alpha)])
    negative = np.array([*(np.sin(phi) * across), np.cos(phi)])
    moved = h + step * (r * positive - negative)
    moved = moved / np.linalg.norm(moved)
    return np.linalg.norm(moved - positive) - np.linalg.norm(h - positive)


def crossing(change, low, high):
    """Where a change of sign lies, by bisection."""
    assert change(low) * change(high) < 0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if change(low) * change(middle) > 0 else (low, middle)
    return low


@pytest.mark.parametrize("step", STEPS)
def test_the_bounds_are_where_the_distance_stays(step):
    at = Configuration(*ANGLES, step)
    middle = sum(at.bounds) / 2
    plane = [crossing(lambda r: on_plane(*ANGLES, step, r), x, middle) for x in (0.0, 9.0)]
    np.testing.assert_allclose(at.bounds, plane, rtol=1e-9)
    assert at.printed == pytest.approx(at.bounds[0])
    sphere = crossing(lambda r: on_sphere(*ANGLES, step, r), 0.0, 9.0)
    assert at.sphere == pytest.approx(sphere)


@pytest.mark.parametrize("step", STEPS)
def test_the_curves_are_those_of_moved_points(picture, step):
    for row in rows(picture, step, "curve"):
        change = on_plane(*ANGLES, step, row["r"]), on_sphere(*ANGLES, step, row["r"])
        assert (row["change_on_plane"], row["change_on_sphere"]) == pytest.approx(change)


@pytest.mark.parametrize("step", STEPS)
def test_the_points_of_both_bounds_lie_on_the_circle_and_on_the_line(picture, step):
    (positive,) = rows(picture, step, "h'_i")
    centre = np.array([positive["x"], positive["y"]])
    assert centre == pytest.approx([np.sin(pi / 6), 0])
    (c,) = rows(picture, step, "c")
    for what in ("first bound", "second bound"):
        (row,) = rows(picture, step, what)
        assert np.hypot(row["x"] - centre[0], row["y"]) == pytest.approx(np.sin(pi / 6))
        assert row["x"] - c["x"] == pytest.approx(step * row["r"] * np.sin(pi / 6))
        assert row["y"] == c["y"]


def test_both_situations_of_the_proof_are_drawn():
    assert [Configuration(*ANGLES, step).situation for step in STEPS] == [1, 2]


def test_what_is_drawn_is_the_data(picture):
    with styled(PAPER):
        axes = picture.draw(PAPER).axes
    for column, step in enumerate(STEPS):
        curve = rows(picture, step, "curve")
        lines = [x for x in axes[2 + column].lines if len(x.get_xdata()) == CELLS]
        for line, name in zip(lines, ("change_on_plane", "change_on_sphere"), strict=True):
            assert list(line.get_xdata()) == [x["r"] for x in curve]
            assert list(line.get_ydata()) == [x[name] for x in curve]


def test_the_caption_has_the_configuration_and_every_bound(picture):
    assert "θ_ii' = π/6, θ_ij' = π/3, α = π/6" in picture.caption
    for step in STEPS:
        at = Configuration(*ANGLES, step)
        low, high = at.bounds
        assert f"{low:.3f} < r < {high:.3f} on the plane, r > {at.sphere:.3f}" in picture.caption
