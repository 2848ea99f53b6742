"""Heatmaps from the symbolic dissipation, against a plain Monte Carlo of the printed formulas."""

from dataclasses import replace
from math import pi

import numpy as np
import pytest

from derive.api import decompose
from derive.nodes import NEGATIVE
from derive.notation import same_view
from derive.objectives import names
from reports.errors import ReportError
from reports.heatmap import Heatmap, NoHeatmap, Settings, dissipation_heatmap, draw, why_none
from reports.tables import csv_name, heatmap_csv
from tests.catalogue import sampled

SMALL = Settings(cells=7, batches=40, negatives=9, seed=3)


def direct(settings, dissipation):
    """Mean and its standard error by a loop over the cells, from the same draws.

    dissipation: of θ_ii' (batches,) and θ_ij' (batches, negatives).
    """
    draws = draw(settings)
    mean, error = np.empty((2, settings.cells, settings.cells))
    for p, mu_pos in enumerate(settings.positive_means):
        for n, mu_neg in enumerate(settings.negative_means):
            sample = dissipation(
                mu_pos + settings.positive_spread * draws.positive,
                mu_neg + settings.negative_spread * draws.negative,
            )
            mean[p, n] = sample.mean()
            error[p, n] = sample.std(ddof=1) / np.sqrt(settings.batches)
    return mean, error


def infonce(positive, negative):
    gate = np.exp(np.cos(positive) / 0.05) / np.exp(np.cos(negative) / 0.05).sum(axis=1)
    return 1 / (1 + gate)


def arccon(positive, negative):
    logit = np.cos(np.arccos(np.cos(positive)) + pi / 18) / 0.05
    return 1 / (1 + np.exp(logit) / np.exp(np.cos(negative) / 0.05).sum(axis=1))


def mpt(positive, negative):
    return (0.23 - np.cos(positive) + np.cos(negative).max(axis=1) > 0).astype(float)


def met(positive, negative):
    chord = np.sqrt(2 - 2 * np.cos(negative)).min(axis=1)
    return (0.45 + np.sqrt(2 - 2 * np.cos(positive)) - chord > 0).astype(float)


def mvicreg(positive, negative):
    return (np.cos(positive) - np.cos(negative).max(axis=1) < 0.3).astype(float)


@pytest.mark.parametrize("formula", [infonce, arccon, mpt, met, mvicreg], ids=lambda f: f.__name__)
def test_the_heatmap_is_the_monte_carlo_of_the_formula(formula):
    heatmap = dissipation_heatmap(decompose(formula.__name__), SMALL)
    mean, error = direct(SMALL, formula)
    np.testing.assert_allclose(heatmap.mean, mean, rtol=0, atol=1e-12)
    np.testing.assert_allclose(heatmap.error, error, rtol=0, atol=1e-12)


def test_another_temperature_gives_another_heatmap():
    sharp, soft = (dissipation_heatmap(decompose("infonce", tau=x), SMALL) for x in ("1/20", "1/2"))
    assert dict(soft.hyper) == {"τ": "1/2"}
    assert abs(sharp.mean - soft.mean).max() > 0.1


@pytest.mark.parametrize("name", sampled(names()))
def test_dissipation_is_one_where_the_means_agree_and_zero_where_they_are_far_apart(name):
    heatmap = dissipation_heatmap(decompose(name), replace(SMALL, negatives=127))
    if isinstance(heatmap, NoHeatmap):
        assert heatmap.reason
        return
    s = heatmap.settings
    assert ((heatmap.mean >= 0) & (heatmap.mean <= 1)).all()
    near = s.negative_means[None, :] <= s.positive_means[:, None]
    assert heatmap.mean[near].min() > 0.98
    assert heatmap.mean[0, -1] < 1e-6
    # It only falls as the negatives recede: the draws are the same in every cell.
    assert np.diff(heatmap.mean[:, s.negative_means < pi - 0.5], axis=1).max() < 1e-12


def test_the_same_seed_gives_the_same_heatmap():
    d = decompose("infonce")
    first, again = dissipation_heatmap(d, SMALL), dissipation_heatmap(d, SMALL)
    other = dissipation_heatmap(d, replace(SMALL, seed=4))
    assert (first.mean == again.mean).all()
    assert (first.mean != other.mean).any()


def test_the_stated_error_covers_the_distance_to_a_longer_simulation():
    d = decompose("infonce")
    short = dissipation_heatmap(d, replace(SMALL, batches=400))
    long = dissipation_heatmap(d, replace(SMALL, batches=20_000, seed=5))
    units = abs(short.mean - long.mean)[short.error > 1e-6] / short.error[short.error > 1e-6]
    assert 0.05 < np.median(units) < 2
    assert units.max() < 5


def test_a_loss_without_a_gate_has_no_heatmap_and_says_why():
    heatmap = dissipation_heatmap(decompose("vicreg"), SMALL)
    assert isinstance(heatmap, NoHeatmap)
    assert "GD = 1" in heatmap.reason
    assert "no score of the positive" in heatmap.reason


def test_a_dissipation_of_other_cosines_has_no_heatmap():
    class Other:
        dissipation = same_view(NEGATIVE, NEGATIVE) + same_view(NEGATIVE, type(NEGATIVE)("k"))
        no_gauge = ""

    assert "do not determine GD" in why_none(Other())


def test_a_dissipation_under_a_name_is_not_taken_for_a_constant():
    why = why_none(decompose("ntxent"))
    assert why.startswith("The angles of one row do not determine GD")
    assert "more than the cosines" in why


def test_the_defaults_are_the_settings_of_the_paper():
    s = Settings()
    assert (s.cells, s.batches, s.negatives) == (100, 1000, 127)
    assert (s.positive_spread, s.negative_spread) == (0.05, 0.10)
    assert s.positive_interval == (pi / 20, pi / 2)
    assert s.negative_interval == (pi / 20, pi)
    assert s.positive_means[0] == pytest.approx(pi / 20 + 0.45 * pi / 200)


@pytest.mark.parametrize("bad", [{"cells": 1}, {"batches": 1}, {"negatives": 0}, {"seed": -1}])
def test_settings_too_small_are_refused(bad):
    (name,) = bad
    with pytest.raises(ReportError, match=f"--{name} {bad[name]} is too small"):
        Settings(**bad)


def test_progress_reaches_the_end():
    told = []
    dissipation_heatmap(decompose("mpt"), SMALL, lambda done, of: told.append((done, of)))
    assert told == [(n, SMALL.cells) for n in range(1, SMALL.cells + 1)]


def test_the_csv_holds_every_cell():
    heatmap = dissipation_heatmap(decompose("infonce"), SMALL)
    assert isinstance(heatmap, Heatmap)
    assert csv_name(heatmap) == "gd-infonce.csv"
    lines = heatmap_csv(heatmap).splitlines()
    assert lines[0].startswith("# mean gradient dissipation of infonce; τ = 1/20")
    assert "seed 3" in lines[1]
    assert lines[2] == "mu_pos,mu_neg,mean_gd,standard_error"
    values = np.loadtxt(lines[3:], delimiter=",").reshape(SMALL.cells, SMALL.cells, 4)
    np.testing.assert_allclose(values[..., 0], np.tile(SMALL.positive_means, (7, 1)).T, rtol=1e-8)
    np.testing.assert_allclose(values[..., 2], heatmap.mean, rtol=1e-8)
