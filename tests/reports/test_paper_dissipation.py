"""Figures 2 and 10 of 001, against plain numpy from the same draws."""

from math import pi
from time import process_time

import numpy as np
import pytest

from reports.context import Context
from reports.errors import ReportError
from reports.papers.dissipation import figure_2, figure_10, mean_dissipation
from reports.svg import PAPER, styled
from reports.writing import as_csv

CELLS, BATCHES, SEED = 6, 20, 4
CONTEXT = Context(seed=SEED, cells=CELLS, batches=BATCHES)


def infonce(positive, negative):
    return 1 / (1 + np.exp(np.cos(positive) / 0.05) / np.exp(np.cos(negative) / 0.05).sum(axis=1))


def arccon(positive, negative):
    logit = np.cos(np.arccos(np.cos(positive)) + pi / 18) / 0.05
    return 1 / (1 + np.exp(logit) / np.exp(np.cos(negative) / 0.05).sum(axis=1))


def mpt(positive, negative):
    return 1.0 * (np.cos(positive) - np.cos(negative).max(axis=1) < 0.23)


def met(positive, negative):
    def chord(angle):
        return 2 * abs(np.sin(angle / 2))

    return 1.0 * (chord(negative).min(axis=1) - chord(positive) < 0.45)


def mat(positive, negative):
    nearest = np.arccos(np.cos(negative)).min(axis=1)
    return 1.0 * (nearest - np.arccos(np.cos(positive)) < 0.15 * pi)


FORMULAS = {"ArcCon": arccon, "MET": met, "InfoNCE": infonce, "MPT": mpt, "MAT": mat}


def direct(formula):
    """μ_pos, μ_neg, mean and standard error, (cells, cells) each, by a loop over the cells."""
    generator = np.random.default_rng(SEED)
    positive = generator.standard_normal(BATCHES)
    negative = generator.standard_normal((BATCHES, 127))
    half = (np.arange(CELLS) + 0.5) / CELLS
    mu_pos, mu_neg = pi / 20 + half * 9 * pi / 20, pi / 20 + half * 19 * pi / 20
    made = np.empty((4, CELLS, CELLS))
    for p, here in enumerate(mu_pos):
        for n, there in enumerate(mu_neg):
            sample = formula(here + 0.05 * positive, there + 0.1 * negative)
            made[:, p, n] = here, there, sample.mean(), sample.std(ddof=1) / BATCHES**0.5
    return made


@pytest.fixture(scope="module", params=[(figure_2, 2), (figure_10, 3)], ids=["2", "10"])
def picture(request):
    maker, panels = request.param
    (made,) = maker(CONTEXT)
    assert len(set(made.data.columns["loss"])) == panels
    return made


def columns_of(picture, loss, *names):
    rows = np.array(picture.data.columns["loss"]) == loss
    return [np.array(picture.data.columns[x])[rows].reshape(CELLS, CELLS) for x in names]


def test_the_data_are_the_monte_carlo_of_the_formulas(picture):
    for loss in set(picture.data.columns["loss"]):
        found = columns_of(picture, loss, "mu_pos_rad", "mu_neg_rad", "mean_gd", "standard_error")
        np.testing.assert_allclose(found, direct(FORMULAS[loss]), rtol=0, atol=1e-9)


def test_what_is_drawn_is_the_data(picture):
    with styled(PAPER):
        figure = picture.draw(PAPER)
    panels = [x for x in figure.axes if x.images]
    titles = [x.get_title().split("\n")[0] for x in panels]
    assert titles == list(dict.fromkeys(picture.data.columns["loss"]))
    for loss, axes in zip(titles, panels, strict=True):
        (image,) = axes.images
        (mean,) = columns_of(picture, loss, "mean_gd")
        assert (image.get_array() == mean).all()
        assert image.get_extent() == [pi / 20, pi, pi / 20, pi / 2]
        assert (image.norm.vmin, image.norm.vmax) == (0, 1)
        assert axes.get_ylim() == (pi / 20, pi / 2)


def test_the_caption_has_the_settings_and_the_error(picture):
    error = np.array(picture.data.columns["standard_error"])
    for text in (
        "6 × 6 cells", "20 batches of 1 positive and 127 negatives", "Seed 4", "0.05²", "0.1²",
        "[π/20, π/2]", "the catalogue's defaults", f"at most {error.max():.2g}",
        f"median {np.median(error):.1g}",
    ):  # fmt: skip
        assert text in picture.caption
    assert picture.settings["seed"] == SEED
    assert picture.settings["batches"] == BATCHES


def test_the_values_of_the_hyper_parameters_are_recorded():
    (two,), (ten,) = figure_2(CONTEXT), figure_10(CONTEXT)
    wanted = {"ArcCon τ": "1/20", "ArcCon u": "π/18", "MET m": "9/20"}
    assert {x: two.settings[x] for x in wanted} == wanted
    assert ten.settings["MAT m"] == "3π/20"
    assert "MAT (m = 3π/20)" in ten.caption


def test_the_same_seed_gives_the_same_file():
    first, again = (as_csv(figure_2(CONTEXT)[0].data) for _ in range(2))
    assert first == again
    assert first.startswith("loss,mu_pos_rad,mu_neg_rad,mean_gd,standard_error\nArcCon,")


def test_a_loss_without_dissipation_is_refused():
    with pytest.raises(ReportError, match=r"vicreg has no heatmap of GD: GD = 1 .* Choose another"):
        mean_dissipation("vicreg", CONTEXT)


def test_progress_is_told():
    told = []
    context = Context(cells=2, batches=2, tell=lambda *x: told.append(x))
    mean_dissipation("mpt", context)
    assert told == [("GD of mpt", 1, 2), ("GD of mpt", 2, 2)]


@pytest.mark.slow
def test_five_heatmaps_at_the_paper_s_settings_take_less_than_a_minute():
    start = process_time()
    made = [*figure_2(Context()), *figure_10(Context())]
    assert process_time() - start < 60
    assert sum(len(x.data.columns["loss"]) for x in made) == 5 * 100 * 100
