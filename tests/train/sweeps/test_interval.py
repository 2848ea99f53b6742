"""The t-interval of a mean over seeds."""

import numpy as np
import pytest
from scipy.stats import t

from train.sweeps.interval import interval


def test_it_is_students():
    values = [0.71, 0.74, 0.69, 0.75, 0.72]
    found = interval(values)
    low, high = t.interval(
        0.95, df=4, loc=np.mean(values), scale=np.std(values, ddof=1) / np.sqrt(5)
    )
    assert found.mean == pytest.approx(np.mean(values), rel=1e-12)
    assert found.mean - found.half_width == pytest.approx(low, rel=1e-12)
    assert found.mean + found.half_width == pytest.approx(high, rel=1e-12)
    assert found.deviation == pytest.approx(np.std(values, ddof=1), rel=1e-12)


def test_it_covers_the_mean_as_often_as_it_says():
    # an interval with N for N - 1, or with 1.96 for t, covers 3 normal values 81 to 88 % of times
    drawn = np.random.default_rng(0).normal(size=(4000, 3))
    covered = sum(abs(x.mean) <= x.half_width for x in map(interval, drawn.tolist()))
    assert 0.94 < covered / len(drawn) < 0.96


def test_one_seed_has_none_and_says_so():
    found = interval([0.5])
    assert (found.half_width, found.deviation, found.n) == (None, None, 1)
    assert "no interval" in found.text()


def test_no_values_have_no_mean():
    with pytest.raises(ValueError, match="at least one"):
        interval([])
