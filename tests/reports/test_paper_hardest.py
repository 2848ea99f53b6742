"""Figure 3 of 001, against plain numpy from the same draws."""

from math import pi
from types import SimpleNamespace

import numpy as np
import pytest

from derive.nodes import ANCHOR, H_PRIME, NEGATIVE
from derive.notation import cosine
from reports.context import Context
from reports.errors import ReportError
from reports.papers.hardest import TEMPERATURES, figure_3, share_of_hardest
from reports.svg import PAPER, styled

CELLS, BATCHES, SEED = 6, 20, 4


@pytest.fixture(scope="module")
def picture():
    (made,) = figure_3(Context(seed=SEED, cells=CELLS, batches=BATCHES))
    return made


def by_temperature(picture, name):
    return np.array(picture.data.columns[name]).reshape(len(TEMPERATURES), CELLS)


def direct(tau):
    """The mean share and its standard error at every μ_neg, by a loop."""
    generator = np.random.default_rng(SEED)
    generator.standard_normal(BATCHES)  # the positives', which come first
    normal = generator.standard_normal((BATCHES, 127))
    made = []
    for mu in pi / 20 + (np.arange(CELLS) + 0.5) / CELLS * 19 * pi / 20:
        cosines = np.cos(mu + 0.1 * normal)
        weights = np.exp((cosines - cosines.max(axis=1, keepdims=True)) / tau)
        share = weights.max(axis=1) / weights.sum(axis=1)
        made.append((mu, share.mean(), share.std(ddof=1) / BATCHES**0.5))
    return np.array(made).T


def test_the_data_are_the_monte_carlo_of_the_softmax(picture):
    names = ("mu_neg_rad", "mean_share", "standard_error")
    found = [by_temperature(picture, name) for name in names]
    for n, tau in enumerate(TEMPERATURES):
        assert set(by_temperature(picture, "tau")[n]) == {tau}
        np.testing.assert_allclose([x[n] for x in found], direct(tau), rtol=1e-12, atol=1e-12)


def test_a_share_is_between_equal_weights_and_all_and_falls_with_the_temperature(picture):
    share = by_temperature(picture, "mean_share")
    assert (share > 1 / 127).all()
    assert (share < 1).all()
    assert (np.diff(share, axis=0) < 0).all()


def test_what_is_drawn_is_the_data(picture):
    with styled(PAPER):
        (axes,) = picture.draw(PAPER).axes
    curves = [x for x in axes.lines if len(x.get_xdata()) == CELLS]
    assert len(curves) == len(TEMPERATURES)
    for n, line in enumerate(curves):
        assert (line.get_xdata() == by_temperature(picture, "mu_neg_rad")[n]).all()
        assert (line.get_ydata() == by_temperature(picture, "mean_share")[n]).all()
    labels = [x.get_text() for x in axes.texts]
    assert [f"τ = {x:g}" for x in TEMPERATURES] == labels[1:]
    assert labels[0] == "1/127: equal weights"
    low, high = axes.get_ylim()
    assert low < 1 / 127
    assert high == 1


def test_the_caption_has_the_settings_and_what_was_found(picture):
    error, share = (by_temperature(picture, x) for x in ("standard_error", "mean_share"))
    peak = share[TEMPERATURES.index(0.05)].max()
    for text in (
        "20 batches of 127 negatives", "Seed 4", "0.1²", f"at most {error.max():.2g}",
        "0.01, 0.03, 0.05, 0.1, 0.3, 1, 3", f"At τ = 0.05 the share peaks at {peak:.2f}",
        "does not contain θ_ii'",
    ):  # fmt: skip
        assert text in picture.caption
    assert picture.settings["loss"] == "infonce"
    assert "mu_pos" not in picture.settings


def test_a_weight_of_the_positive_is_refused():
    weight = 2 + cosine(ANCHOR, NEGATIVE) + cosine(ANCHOR, ANCHOR)
    other = SimpleNamespace(weight={H_PRIME: weight}, objective=SimpleNamespace(name="made-up"))
    with pytest.raises(ReportError, match="weight of made-up depends on θ_ii'"):
        share_of_hardest(other)
