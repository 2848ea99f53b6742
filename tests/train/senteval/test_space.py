"""The diagnostics against the formulas written out, and where the answer is known."""

from itertools import combinations, permutations

import numpy as np
import pytest

from tests.train.senteval.conftest import encode
from train.senteval import space
from train.senteval.embeddings import Embeddings, unit
from train.senteval.labelled import Labelled
from train.senteval.pairs import Pairs


@pytest.fixture
def points():
    return unit(np.random.default_rng(0).normal(size=(30, 5)) + 0.5)


@pytest.mark.parametrize("block", [4, 7, 1_024])
def test_uniformity_pair_by_pair(points, block, monkeypatch):
    monkeypatch.setattr(space, "BLOCK", block)
    pairs = [np.exp(-2 * ((u - v) ** 2).sum()) for u, v in combinations(points, 2)]
    assert space.uniformity(points) == pytest.approx(np.log(np.mean(pairs)), abs=1e-12)


def test_alignment_and_average_cosine_pair_by_pair(points):
    a, b = points[:15], points[15:]
    by_hand = np.mean([((u - v) ** 2).sum() for u, v in zip(a, b, strict=True)])
    assert space.alignment(a, b) == pytest.approx(by_hand)
    cosines = [u @ v for u, v in combinations(points, 2)]
    assert space.average_cosine(points) == pytest.approx(np.mean(cosines))


def test_tolerance_is_of_pairs_of_one_class(points):
    labels = [i % 3 for i in range(30)]
    same = [points[i] @ points[j] for i, j in permutations(range(30), 2) if labels[i] == labels[j]]
    found = space.tolerance(points, labels)
    assert found["tolerance"] == pytest.approx(np.mean(same))
    assert found["same_class"] == pytest.approx(len(same) / (30 * 29))


def test_tolerance_without_a_pair_is_null(points):
    nothing = {"tolerance": None, "same_class": 0.0}
    assert space.tolerance(points[:3], [0, 1, 2]) == nothing
    assert space.tolerance(points[:1], [0]) == {"tolerance": None, "same_class": None}
    repeated = Labelled(["angle 0", "angle 90"] * 10, None, [0, 1] * 10)
    assert space.of_classes(repeated, record_of("angle 90")) == nothing


def test_partition_ratio_by_hand(points):
    vectors = np.linalg.svd(points)[2]  # another way to the same axes
    z = [np.exp(sign * points @ c).sum() for c in vectors for sign in (1, -1)]
    assert space.partition_ratio(points) == pytest.approx(min(z) / max(z))


def test_an_isotropic_cross():
    cross = np.vstack([np.eye(6), -np.eye(6)])
    assert space.partition_ratio(cross) == pytest.approx(1)
    assert space.average_cosine(cross) == pytest.approx(-1 / 11)
    assert space.collapse(cross) == {
        "effective_rank": pytest.approx(6), "first_axis": pytest.approx(1 / 6),
        "dead_dimensions": 0,
    }  # fmt: skip


def test_one_direction_has_collapsed():
    same = np.tile(unit(np.ones((1, 6))), (8, 1))
    assert space.uniformity(same) == pytest.approx(0, abs=1e-12)
    assert space.average_cosine(same) == pytest.approx(1)
    assert space.collapse(same) == {
        "effective_rank": None,
        "first_axis": None,
        "dead_dimensions": 6,
    }


def test_a_line_uses_one_axis_and_dead_dimensions_are_counted():
    line = np.zeros((10, 4))
    line[:, 0], line[:, 1] = np.linspace(-1, 1, 10), 0.5
    found = space.collapse(line)
    assert found["effective_rank"] == pytest.approx(1)
    assert found["first_axis"] == pytest.approx(1)
    assert found["dead_dimensions"] == 3


def test_the_record_takes_close_pairs_and_distinct_sentences():
    pairs = Pairs("dev", ["angle 0"] * 3, ["angle 60", "angle 90", "angle 0"], [4.2, 4.0, 0.0])
    classes = Labelled(["angle 0", "angle 90", "angle 60"], None, [1, 0, 1])
    embeddings = Embeddings(encode)
    embeddings.add([*pairs.left, *pairs.right])
    record = space.diagnose(pairs, classes, embeddings)
    assert record["alignment"] == pytest.approx(1, abs=1e-6)  # 2 − 2 cos 60°
    assert (record["positive_pairs"], record["sentences"]) == (1, 3)
    assert record["tolerance"] == pytest.approx(0.5, abs=1e-6)
    without = space.diagnose(
        Pairs("dev", ["angle 0"], ["angle 9"], [1.0]), None, record_of("angle 9")
    )
    assert without["alignment"] is without["tolerance"] is None


def record_of(*sentences):
    embeddings = Embeddings(encode)
    embeddings.add(["angle 0", *sentences])
    return embeddings
