"""Figure 4 of 001, against plain numpy from the same draws."""

from math import pi

import numpy as np
import pytest

from derive.api import decompose
from reports.context import Context
from reports.errors import ReportError
from reports.papers.ratios import LEAST_DISSIPATION, figure_4, over_all_negatives, ratio_map
from reports.svg import PAPER, styled

CELLS, BATCHES, SEED = 12, 20, 4
CONTEXT = Context(seed=SEED, cells=CELLS, batches=BATCHES)


def arccon(positive, negative):
    return np.broadcast_to(np.sin(positive + pi / 18) / np.sin(positive), negative.shape)


def met(positive, negative):
    return np.sqrt((1 - np.cos(negative)) / (1 - np.cos(positive)))


def mat(positive, negative):
    return np.sin(negative) / np.sin(positive)


FORMULAS = {"ArcCon": arccon, "MET": met, "MAT": mat}


def direct(formula):
    """mean, error and median at the hardest, and the mean over all negatives, by a loop."""
    generator = np.random.default_rng(SEED)
    positive = generator.standard_normal(BATCHES)[:, None]
    negative = generator.standard_normal((BATCHES, 127))
    half = (np.arange(CELLS) + 0.5) / CELLS
    made = np.empty((4, CELLS, CELLS))
    for p, mu_pos in enumerate(pi / 20 + half * 9 * pi / 20):
        for n, mu_neg in enumerate(pi / 20 + half * 19 * pi / 20):
            here = np.arccos(np.cos(mu_pos + 0.05 * positive))
            there = np.arccos(np.cos(mu_neg + 0.1 * negative))
            every = formula(here, there)
            at = every[np.arange(BATCHES), there.argmin(axis=1)]
            error = at.std(ddof=1) / BATCHES**0.5
            made[:, p, n] = at.mean(), error, np.median(at), every.mean()
    return made


@pytest.fixture(scope="module")
def picture():
    (made,) = figure_4(CONTEXT)
    return made


def column(picture, loss, name):
    rows = np.array(picture.data.columns["loss"]) == loss
    return np.array(picture.data.columns[name])[rows].reshape(CELLS, CELLS)


@pytest.mark.parametrize("loss", FORMULAS)
def test_the_data_are_the_monte_carlo_of_the_formulas(picture, loss):
    names = ("mean_ratio", "standard_error", "median_ratio", "mean_ratio_over_all_negatives")
    found = np.array([column(picture, loss, name) for name in names])
    np.testing.assert_allclose(found, direct(FORMULAS[loss]), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("loss", FORMULAS)
def test_what_is_out_of_reach_is_what_the_caption_says(picture, loss):
    mu_pos, mu_neg = column(picture, loss, "mu_pos_rad"), column(picture, loss, "mu_neg_rad")
    wanted = (mu_pos < mu_neg) & (column(picture, loss, "mean_gd") >= 0.1)
    assert (column(picture, loss, "within_reach") == wanted).all()
    assert 0 < wanted.sum() < wanted.size


@pytest.mark.parametrize("loss", FORMULAS)
def test_the_shares_in_the_caption_are_those_of_the_data(picture, loss):
    reached = column(picture, loss, "within_reach") == 1
    for name in ("mean_ratio", "median_ratio", "mean_ratio_over_all_negatives"):
        values = column(picture, loss, name)[reached]
        share = ((values >= 1) & (values <= 2)).mean()
        assert f"{share:.0%} ({loss})" in picture.caption


def test_what_is_drawn_is_the_data(picture):
    with styled(PAPER):
        figure = picture.draw(PAPER)
    panels = [x for x in figure.axes if x.images]
    assert [x.get_title().split("\n")[0] for x in panels] == list(FORMULAS)
    for loss, axes in zip(FORMULAS, panels, strict=True):
        assert (axes.images[0].get_array() == column(picture, loss, "mean_ratio")).all()
        (above,) = axes.patches
        x, y = above.get_xy().T
        assert (y >= x - 1e-12).all()  # μ_pos > μ_neg, and all of it
        inside = column(picture, loss, "mu_pos_rad") > column(picture, loss, "mu_neg_rad")
        points = [column(picture, loss, name)[inside] for name in ("mu_neg_rad", "mu_pos_rad")]
        assert above.get_path().contains_points(np.column_stack(points)).all()


def test_the_caption_has_the_settings_and_the_errors(picture):
    error = np.array(picture.data.columns["standard_error"])
    for text in ("12 × 12 cells", "20 batches", "Seed 4", f"at most {error.max():.2g}", "“mostly”"):
        assert text in picture.caption
    assert picture.settings["least mean GD"] == LEAST_DISSIPATION
    assert picture.settings["ArcCon u"] == "π/18"


def test_the_share_of_no_cell_is_none():
    made = ratio_map("met", Context(cells=2, batches=2))
    assert np.isnan(made.share(made.ratio.mean, 1, 2, least=1.1))


def test_a_ratio_without_a_negative_is_its_own_mean():
    ratio = decompose("arccon").ratio
    assert over_all_negatives(ratio) == ratio


@pytest.mark.parametrize(
    ("loss", "why"), [("align", "it has no R"), ("mhs", "it singles out one negative")]
)
def test_a_loss_without_a_map_of_its_ratio_is_refused(loss, why):
    with pytest.raises(ReportError, match=f"{loss} has no map of R: {why}. Choose another"):
        ratio_map(loss, CONTEXT)
