"""The pictures of 002, against plain numpy from the same draws."""

from math import pi

import numpy as np
import pytest

from derive.api import decompose
from reports.context import Context
from reports.errors import ReportError
from reports.papers.temperature import TEMPERATURES, entropy, penalty, relative_penalty
from reports.svg import PAPER, styled

CELLS, BATCHES, SEED = 6, 20, 3
CONTEXT = Context(seed=SEED, cells=CELLS, batches=BATCHES)


@pytest.fixture(scope="module")
def penalties():
    (made,) = relative_penalty(CONTEXT)
    return made


@pytest.fixture(scope="module")
def entropies():
    (made,) = entropy(CONTEXT)
    return made


def softmax(cosines, tau):
    weights = np.exp((cosines - cosines.max(axis=-1, keepdims=True)) / tau)
    return weights / weights.sum(axis=-1, keepdims=True)


def column(picture, name, rows):
    return np.array(picture.data.columns[name]).reshape(rows, -1)


def test_the_penalties_are_a_softmax_of_the_drawn_cosines(penalties):
    cosines = np.sort(np.random.default_rng(SEED).uniform(-1, 1, 127))
    found = column(penalties, "relative_penalty", len(TEMPERATURES))
    for n, tau in enumerate(TEMPERATURES):
        drawn = column(penalties, "cosine", len(TEMPERATURES))[n]
        np.testing.assert_allclose(drawn, cosines, rtol=1e-9)
        np.testing.assert_allclose(found[n], softmax(cosines, tau), rtol=1e-6, atol=1e-300)
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_the_entropy_is_that_of_the_softmax(entropies):
    generators = [np.random.default_rng(SEED) for _ in range(3)]
    normal = [x.standard_normal((BATCHES, 127)) for x in generators[:2]]
    cosines = [np.cos(pi / 2 + 0.1 * normal[0]), np.cos(pi / 4 + 0.1 * normal[1])]
    cosines.append(generators[2].uniform(-1, 1, (BATCHES, 127)))
    names = ("tau", "mean_entropy_nats", "standard_error_nats")
    tau, mean, error = (column(entropies, x, 3) for x in names)
    np.testing.assert_allclose(tau[0], 10 ** np.linspace(-2, 1, CELLS))
    for n, c in enumerate(cosines):
        for k in range(CELLS):
            r = np.maximum(softmax(c, tau[n, k]), 1e-300)
            direct = -(r * np.log(r)).sum(axis=1)
            assert mean[n, k] == pytest.approx(direct.mean(), rel=1e-9)
            assert error[n, k] == pytest.approx(direct.std(ddof=1) / BATCHES**0.5, abs=1e-9)


def test_the_entropy_grows_to_that_of_equal_penalties(entropies):
    mean = column(entropies, "mean_entropy_nats", 3)
    assert (np.diff(mean, axis=1) > 0).all()
    assert (mean <= np.log(127) + 1e-12).all()
    assert (mean[:, -1] > np.log(127) - 1e-2).all()


def test_what_is_drawn_is_the_data(penalties, entropies):
    for picture, rows, x, y in (
        (penalties, len(TEMPERATURES), "cosine", "relative_penalty"),
        (entropies, 3, "tau", "mean_entropy_nats"),
    ):
        with styled(PAPER):
            (axes,) = picture.draw(PAPER).axes
        count = len(picture.data.columns[x]) // rows
        lines = [line for line in axes.lines if len(line.get_xdata()) == count]
        joined = [line for line in lines if line.get_linestyle() != "None"]
        assert len(joined) == rows
        for n, line in enumerate(joined):
            assert (line.get_xdata() == column(picture, x, rows)[n]).all()
            assert (line.get_ydata() == column(picture, y, rows)[n]).all()


def test_the_captions_have_the_settings(penalties, entropies):
    assert "cos θ_ij' uniform on [−1, 1], seed 3" in penalties.caption
    for text in ("20 batches of 127 negatives", "seed 3", "N(π/4, 0.1²)", "Monte-Carlo"):
        assert text in entropies.caption
    error = max(entropies.data.columns["standard_error_nats"])
    assert f"at most {error:.2g}" in entropies.caption


def test_the_caption_counts_what_is_below_the_axis(penalties):
    found = column(penalties, "relative_penalty", len(TEMPERATURES))
    below = int((found[0] < 1e-5).sum())
    assert f"{below} negatives at τ = 0.01" in penalties.caption
    assert below


def test_a_penalty_that_holds_the_positive_is_refused():
    with pytest.raises(ReportError, match="penalty of met depends on θ_ii'"):
        penalty(decompose("met"))
