"""Expressions of an anchor on rows of angles, against plain numpy."""

import numpy as np
import pytest
import torch
from sympy import Integer, Symbol

from derive.nodes import (
    ANCHOR,
    FEATURE,
    Angle,
    Component,
    Cos,
    Delta,
    Distinct,
    Exp,
    H,
    IndexSum,
    Log,
    N,
    SampleIndex,
    Sin,
)
from derive.notation import cosine, define, hardest, hardest_index, same_view, sum_samples
from reports.rows import evaluate_rows, obstacle, split_anchor

k = SampleIndex("k")
i = ANCHOR
tau = Symbol("tau", positive=True)
POSITIVE = np.array([[0.3, 1.2, 0.0], [0.4, 2.0, np.pi]])  # 2 positives of 3 rows
NEGATIVE = np.array([[0.5, 1.0, 2.5, 3.0], [0.1, 0.2, 0.3, 0.4], [3.1, 3.0, 1.5, 1.6]])


def on_rows(e, positive=POSITIVE, negative=NEGATIVE, **values):
    return evaluate_rows(e, torch.tensor(positive), torch.tensor(negative), values).numpy()


def close(actual, wanted):
    np.testing.assert_allclose(actual, wanted, rtol=1e-14, atol=1e-15)


def test_the_positive_and_the_sum_over_the_negatives():
    e = cosine(i, i) + sum_samples(lambda x: cosine(i, x), other_than=i)
    close(on_rows(e), np.cos(POSITIVE) + np.cos(NEGATIVE).sum(axis=1))


def test_a_sum_over_all_samples_holds_the_anchor():
    e = Log(sum_samples(lambda x: Exp(cosine(i, x) / tau)))
    wanted = np.exp(np.cos(POSITIVE) / 0.5) + np.exp(np.cos(NEGATIVE) / 0.5).sum(axis=1)
    close(on_rows(e, tau=0.5), np.log(wanted))


def test_a_sum_of_a_constant_counts_the_samples():
    counts = [
        IndexSum(Distinct(i, k), k),
        IndexSum(Distinct(i, k) * Exp(tau), k),
        IndexSum(tau, k),
        N,
    ]
    wanted = [4, 4 * np.exp(0.5), 5 * 0.5, 5]
    for e, value in zip(counts, wanted, strict=True):
        close(on_rows(e, tau=0.5), np.full((2, 3), value))


def test_a_double_sum_leaves_out_equal_negatives():
    def outer(x):
        return sum_samples(lambda y: Distinct(i, y) * cosine(i, x) * cosine(i, y), other_than=x)

    c = np.cos(NEGATIVE)
    wanted = c.sum(axis=1) ** 2 - (c**2).sum(axis=1)
    close(on_rows(sum_samples(outer, other_than=i)), np.tile(wanted, (2, 1)))


def test_the_hardest_negative():
    e = hardest(lambda x: -Angle(cosine(i, x)), i) - Cos(Angle(cosine(i, i)))
    close(on_rows(e), -NEGATIVE.min(axis=1) - np.cos(POSITIVE))


def test_the_angle_at_the_hardest_negative():
    nearest = hardest_index(lambda x: cosine(i, x), i)
    e = Sin(Angle(cosine(i, nearest))) + cosine(i, nearest)
    at = NEGATIVE.min(axis=1)
    close(on_rows(e), np.tile(np.sin(at) + np.cos(at), (2, 1)))


def test_which_negative_is_the_hardest_may_depend_on_the_positive():
    # the positive decides whether the nearest or the farthest negative is the one
    chosen = hardest_index(lambda x: cosine(i, i) * cosine(i, x), i)
    wanted = np.where(np.cos(POSITIVE) > 0, NEGATIVE.min(axis=1), NEGATIVE.max(axis=1))
    close(on_rows(Angle(cosine(i, chosen))), wanted)


def test_angles_outside_the_half_circle_are_folded():
    positive = np.array([[-0.25, np.pi + 0.25, 2 * np.pi - 0.25]])
    close(on_rows(Angle(cosine(i, i)), positive), [[0.25, np.pi - 0.25, 0.25]])


def test_nothing_overflows_at_a_low_temperature():
    every = sum_samples(lambda x: Exp(cosine(i, x) / tau))
    negatives = sum_samples(lambda x: Exp(cosine(i, x) / tau), other_than=i)
    share = on_rows(negatives / every, tau=1e-4)
    assert np.isfinite(share).all()
    assert ((share >= 0) & (share <= 1)).all()


def test_named_intermediates_are_written_out():
    gate = define("g", cosine(k, k) ** 2, k)
    close(on_rows(gate(i)), np.cos(POSITIVE) ** 2)


def test_a_sum_that_leaves_the_anchor_out_is_not_split():
    e = sum_samples(lambda x: cosine(i, x), other_than=i)
    assert split_anchor(e) == e


@pytest.mark.parametrize(
    ("e", "reason"),
    [
        (same_view(i, k), "more than the cosines of the anchor"),
        (cosine(k, i), "more than the cosines of the anchor"),
        (Component(H, i, FEATURE), "features"),
        (Delta(hardest_index(lambda x: cosine(i, x), i), k), "singles out"),
        (cosine(i, hardest_index(lambda x: cosine(k, x), k)), "singles out"),
        (same_view(i, hardest_index(lambda x: cosine(i, x), i)), "singles out"),
    ],
)
def test_what_angles_of_one_row_cannot_tell_is_refused(e, reason):
    assert reason in obstacle(e)
    assert obstacle(cosine(i, i) + Integer(1)) == ""
