"""Figures 2 and 4 of 003, against the printed formulas in plain numpy."""

from math import pi

import numpy as np
import pytest

from reports.context import Context
from reports.errors import ReportError
from reports.papers.norms import CROWDS, Part, figure_2, figure_4, norm_map
from reports.svg import PAPER, styled

CELLS = 6
ANGLES = (np.arange(CELLS) + 0.5) * pi / CELLS
POSITIVE, NEGATIVE = ANGLES[:, None], ANGLES[None, :]
COS_P, COS_N = np.cos(POSITIVE), np.cos(NEGATIVE)


def chord(angle):
    return 2 * np.sin(angle / 2)


def dissipation(n, tau):
    """Of L_cl: the share of n negatives in the partition function."""
    return n * np.exp(COS_N / tau) / (np.exp(COS_P / tau) + n * np.exp(COS_N / tau))


def gates():
    """Of the four losses of the second row, open where 1."""
    return {
        "dcl+": (np.log(64) + (COS_N - COS_P) / 0.15 > 0) / 1.0,
        "mpt": (COS_P - COS_N < 0.23) / 1.0,
        "met": (chord(POSITIVE) - chord(NEGATIVE) + 0.45 > 0) / 1.0,
        "mat": (POSITIVE - NEGATIVE + 0.15 * pi > 0) / 1.0,
    }


def pulls():
    """Eq. 7 to 9 and 11, and the pulls of the triplets."""
    sine = np.sin(POSITIVE) + 0 * NEGATIVE
    gate = gates()
    made = {("cl", n): dissipation(n, 0.05) * sine / 0.05 for n in CROWDS}
    made |= {("align", 64): 2 * sine, ("dcl", 64): sine / 0.05}
    made |= {("dcl+", 64): gate["dcl+"] * sine / 0.15, ("mpt", 64): gate["mpt"] * sine}
    return made | {("met", 64): gate["met"] * np.cos(POSITIVE / 2), ("mat", 64): gate["mat"]}


def pushes():
    """Eq. 16 to 22, of one negative."""
    sine = np.sin(NEGATIVE) + 0 * POSITIVE
    gate = gates()
    made = {("cl", n): dissipation(n, 0.05) * sine / 0.05 / n for n in CROWDS}
    made |= {("uniform", 64): 2 * 6 * sine / 64, ("dcl", 64): sine / 0.05 / 64}
    made |= {("dcl+", 64): gate["dcl+"] * sine / 0.15 / 64, ("mpt", 64): gate["mpt"] * sine}
    return made | {("met", 64): gate["met"] * np.cos(NEGATIVE / 2), ("mat", 64): gate["mat"]}


@pytest.fixture(scope="module", params=[(figure_2, pulls), (figure_4, pushes)])
def made(request):
    figure, direct = request.param
    return figure(Context(cells=CELLS)), direct()


def maps(picture):
    """(loss, negatives) → the map in the data."""
    c = {name: np.array(column) for name, column in picture.data.columns.items()}
    keys = list(zip(c["loss"].tolist(), c["negatives"].tolist(), strict=True))
    return {
        key: c["norm"][[k == key for k in keys]].reshape(CELLS, CELLS)
        for key in dict.fromkeys(keys)
    }


def test_the_norms_are_the_printed_ones(made):
    pictures, direct = made
    found = {key: x for picture in pictures for key, x in maps(picture).items()}
    assert list(found) == list(direct)
    for key, x in found.items():
        np.testing.assert_allclose(x, direct[key], rtol=1e-9, atol=1e-12, err_msg=str(key))


def test_the_angles_in_the_data_are_the_centres_of_the_cells(made):
    for picture in made[0]:
        c = picture.data.columns
        count = CELLS**2
        np.testing.assert_allclose(c["theta_pos_rad"][:count], np.repeat(ANGLES, CELLS))
        np.testing.assert_allclose(c["theta_neg_rad"][:count], np.tile(ANGLES, CELLS))


def test_what_is_drawn_is_the_data_in_shares_of_the_greatest(made):
    for picture in made[0]:
        with styled(PAPER):
            figure = picture.draw(PAPER)
        panels = [x for x in figure.axes if x.images]
        for axes, (key, values) in zip(panels, maps(picture).items(), strict=True):
            np.testing.assert_allclose(axes.images[0].get_array(), values / values.max())
            assert axes.get_title().startswith(f"{key[0]}\n")
            assert f"greatest: {values.max():.3g}" in axes.get_title()


def test_the_caption_has_the_settings_and_what_is_assumed(made):
    first, second = (x.caption for x in made[0])
    assert "64, 1,024, 16,384 and 262,144 for cl" in first
    assert "is times N" in first
    assert "mpt: m = 0.23" in second
    assert "mat: m = 3π/20" in second
    assert "τ of dcl+, m of met and m of mat assumed" in second


def test_a_loss_without_negatives_has_no_push():
    with pytest.raises(ReportError, match="align has no push at equal angles"):
        norm_map(Part("align", "align", "au"), "push", 64, CELLS)
