"""001, Figure 6: every recipe is a point at its setting's value."""

import numpy as np
import pytest
from scipy.stats import t

from reports.context import Context
from reports.errors import NeedsRunsError, RunRecordError
from reports.papers.recipes import expanded
from reports.papers.varied import figure_6
from reports.records import Records
from reports.svg import PAPER, styled
from tests.reports.made_up import SCORE, columns, write_recipe
from train.recipes import recipes

RECIPES = expanded(("001-figure-6",))


def made(root):
    return figure_6(Context(records=Records(root)))[0]


def test_points_are_means_and_intervals_at_the_recipes_values(tmp_path):
    for place, recipe in enumerate(RECIPES):
        write_recipe(tmp_path, recipe, measured=False, seeds=3, after=0.3 + place / 100)
    picture = made(tmp_path)
    assert len(picture.data.rows()) == len(RECIPES) == 24
    for place, recipe in enumerate(RECIPES):
        setting = recipe.split("-")[3]
        value = float(recipes()[recipe].settings[setting])
        (row,) = columns(picture, setting=setting, value=value)
        scores = 100 * (0.3 + place / 100 + np.arange(3) / 10)
        assert row["score_per_cent"] == pytest.approx(scores.mean())
        half = t.ppf(0.975, 2) * scores.std(ddof=1) / np.sqrt(3)
        assert row["half_width"] == pytest.approx(half)
    assert "95% t-intervals over 3 seeds" in picture.caption


def test_a_point_of_one_seed_has_no_bar(tmp_path):
    for place, recipe in enumerate(RECIPES):
        write_recipe(tmp_path, recipe, measured=False, seeds=1 if place == 0 else 3)
    picture = made(tmp_path)
    assert "t-intervals over 1 to 3 seeds (none where there is one)" in picture.caption
    with styled(PAPER):
        axes = picture.draw(PAPER).axes
    bars = [bar for x in axes for bar in x.collections[0].get_segments()]
    halves = [x["half_width"] for x in columns(picture)]
    assert halves.count(None) == 1
    for bar, half in zip(bars, halves, strict=True):
        assert (len(bar) == 0) == (half is None)
        assert half is None or np.ptp(bar, axis=0)[1] == pytest.approx(2 * half)


def test_the_drawing_has_the_data_and_tau_on_a_logarithmic_axis(tmp_path):
    for recipe in RECIPES:
        write_recipe(tmp_path, recipe, measured=False)
    picture = made(tmp_path)
    with styled(PAPER):
        axes = picture.draw(PAPER).axes
    assert [x.get_xscale() for x in axes] == ["linear", "log", "linear"]
    for one, setting in zip(axes, ("m", "tau", "r"), strict=True):
        rows = columns(picture, setting=setting)
        assert one.lines[0].get_xdata().tolist() == sorted(x["value"] for x in rows)
    assert SCORE in picture.caption
    assert "differences of neighbours may be chance" in picture.caption


def test_a_recipe_whose_run_failed_is_told(tmp_path):
    for place, recipe in enumerate(RECIPES):
        write_recipe(tmp_path, recipe, measured=False, after=None if place == 0 else 0.5)
    picture = made(tmp_path)
    assert len(picture.data.rows()) == 23
    assert "1 settings have no score" in picture.caption


def test_missing_runs_wait_and_runs_without_scores_are_refused(tmp_path):
    with pytest.raises(NeedsRunsError):
        made(tmp_path)
    for recipe in RECIPES:
        write_recipe(tmp_path, recipe, measured=False, after=None)
    with pytest.raises(RunRecordError, match="no score in common"):
        made(tmp_path)
