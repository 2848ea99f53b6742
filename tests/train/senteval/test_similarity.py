"""Spearman's correlation: by hand, against scipy, and on pairs whose order is known."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import spearmanr

from tests.train.senteval.conftest import ANGLES, encode
from train.evaluation import spearman
from train.senteval import similarity
from train.senteval.embeddings import Embeddings
from train.senteval.pairs import Pairs


def angles(name, gold, at=ANGLES):
    """Pairs at known angles."""
    return Pairs(name, ["angle 0"] * len(at), [f"angle {x}" for x in at], list(gold))


def scored(*subsets):
    embeddings = Embeddings(encode)
    for pairs in subsets:
        embeddings.add([*pairs.left, *pairs.right])
    return similarity.score(subsets, embeddings)


def test_gold_in_the_order_of_the_cosine_is_1_and_reversed_minus_1():
    falling = [5 - x / 40 for x in ANGLES]
    assert scored(angles("x", falling))["score"] == pytest.approx(1)
    assert scored(angles("x", falling[::-1]))["score"] == pytest.approx(-1)


def mean_ranks(values):
    """Ranks from 1; equal values share the mean of theirs. By counting, not by sorting."""
    return [sum(y < x for y in values) + (1 + sum(y == x for y in values)) / 2 for x in values]


def test_ties_by_counting_and_by_scipy():
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b = rng.integers(0, 4, 30).tolist(), rng.integers(0, 6, 30).tolist()
        by_hand = np.corrcoef(mean_ranks(a), mean_ranks(b))[0, 1]
        assert spearman(a, b) == pytest.approx(by_hand, abs=1e-12)
        assert spearman(a, b) == pytest.approx(spearmanr(a, b).statistic, abs=1e-12)


def test_all_is_over_the_concatenation_not_a_mean():
    """Each subset is in order, but the second lies lower at the same angles."""
    first = angles("a", [5.0, 4.5, 4.4], (10, 20, 30))
    second = angles("b", [1.0, 0.5, 0.4], (12, 22, 32))
    record = scored(first, second)
    assert record["mean"] == record["weighted_mean"] == pytest.approx(1)
    gold = [5.0, 4.5, 4.4, 1.0, 0.5, 0.4]
    cosines = np.cos(np.radians([10, 20, 30, 12, 22, 32]))
    assert record["score"] == pytest.approx(
        np.corrcoef(mean_ranks(gold), mean_ranks(list(cosines)))[0, 1]
    )
    assert record["score"] < 0.8
    assert record["n"] == 6


def test_weighted_mean_by_hand():
    record = scored(angles("a", [3, 2, 1], (10, 20, 30)), angles("b", [1, 2], (10, 20)))
    assert record["mean"] == pytest.approx(0)
    assert record["weighted_mean"] == pytest.approx((3 - 2) / 5)
    assert {k: v["n"] for k, v in record["subsets"].items()} == {"a": 3, "b": 2}


def test_a_subset_with_one_gold_score_has_no_correlation_of_its_own():
    record = scored(angles("a", [3, 2, 1], (10, 20, 30)), angles("b", [2, 2], (10, 20)))
    assert record["subsets"]["b"]["score"] is None
    assert record["mean"] is record["weighted_mean"] is None
    assert record["score"] is not None


def test_collapsed_embeddings_have_no_score():
    pairs = angles("x", [3, 2, 1], (10, 20, 30))
    embeddings = Embeddings(lambda some: np.ones((len(some), 3), dtype=np.float32))
    embeddings.add([*pairs.left, *pairs.right])
    assert similarity.score([pairs], embeddings)["score"] is None


def test_cosines_are_those_of_the_angles_and_0_for_a_zero_embedding():
    embeddings = Embeddings(lambda some: encode(some) * [[x != "angle 90"] for x in some])
    pairs = angles("x", range(len(ANGLES)))
    embeddings.add([*pairs.left, *pairs.right])
    found = similarity.cosines(pairs, embeddings)
    assert found == pytest.approx(np.cos(np.radians(ANGLES)), abs=1e-6)
    assert all(a > b for a, b in pairwise(found))
