"""Transfer accuracy: test data decides it, C is chosen without it, and every run is the same."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.train.senteval.conftest import encode
from train.senteval import classify
from train.senteval.classify import Fits, dev_test, nested_folds, splits, train_test
from train.senteval.embeddings import Embeddings
from train.senteval.labelled import Labelled


def separable(n=60, seed=0):
    """Two classes far apart on one axis."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    points = rng.normal(size=(n, 4))
    points[:, 0] += 12 * labels - 6
    return points, labels


def inverted(part):
    return part[0], 1 - part[1]


def noise(n, seed, classes=2):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 3)), rng.integers(0, classes, n)


def test_separable_data_gives_1(monkeypatch):
    monkeypatch.setattr(classify, "FOLDS", 3)
    assert nested_folds({"all": separable(48)}, Fits())["score"] == 1
    parts = {"train": separable(60), "dev": separable(20, 1), "test": separable(20, 2)}
    assert train_test(parts, Fits())["score"] == 1
    assert dev_test(parts, Fits())["score"] == 1


def test_random_labels_give_about_chance(monkeypatch):
    monkeypatch.setattr(classify, "FOLDS", 3)
    assert nested_folds({"all": noise(400, 0)}, Fits())["score"] == pytest.approx(0.5, abs=0.1)
    parts = {"train": noise(600, 1, 6), "test": noise(600, 2, 6)}
    assert train_test(parts, Fits())["score"] == pytest.approx(1 / 6, abs=0.06)


def refuse_leak(protocol):
    """The score is of the test part: where its labels are inverted, every answer is wrong."""
    train, dev, test = separable(60), separable(20, 1), inverted(separable(20, 2))
    record = protocol({"train": train, "dev": dev, "test": test}, Fits())
    assert record["dev"] == 1, "C is not chosen on dev"
    assert record["score"] == 0, "dev accuracy is reported as the score"


@pytest.mark.parametrize("protocol", [dev_test, train_test])
def test_the_score_is_of_the_test_part(protocol):
    refuse_leak(protocol)


@pytest.mark.parametrize("protocol", [dev_test, train_test])
def test_a_planted_leak_is_caught(protocol):
    def leaking(parts, fits):
        record = protocol(parts, fits)
        return {**record, "score": record["dev"]}

    with pytest.raises(AssertionError, match="dev accuracy is reported"):
        refuse_leak(leaking)


def test_the_outer_folds_are_tested_on_and_not_trained_on(monkeypatch):
    """A row's label is told by a feature that only its own copy has: memory does not help."""
    monkeypatch.setattr(classify, "FOLDS", 4)
    labels = np.arange(40) % 2
    record = nested_folds({"all": (np.eye(40), labels)}, Fits())
    assert record["score"] <= 0.5
    assert Fits().once(8.0, (np.eye(40), labels), (np.eye(40), labels)) == 1


def test_the_folds_are_the_same_in_every_run_and_those_of_the_seed():
    part = separable(40)
    first, second = splits(part), splits(part)
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(first, second, strict=True))
    assert sorted(i for _, testing in first for i in testing) == list(range(40))
    assert [testing.tolist() for _, testing in first[:3]] == FIRST_THREE


FIRST_THREE = [[9, 10, 12, 21], [8, 15, 23, 32], [13, 30, 35, 38]]


def test_a_fit_that_starts_from_another_arrives_where_a_fresh_one_does():
    """And both where another solver does, whose tolerance is tight."""
    for train, classes in ((noise(300, 3), 2), (noise(300, 4, 5), 5)):
        grid = classify.GRIDS["test"]
        model = classify.classifier(train[1])
        fits = Fits()
        for c in grid:
            model.C = c
            fits.fit(model, train)
            fresh = classify.classifier(train[1])
            fresh.C = c
            fits.fit(fresh, train)
            other = LogisticRegression(C=c, tol=1e-9, max_iter=10_000).fit(*train)
            assert model.coef_ == pytest.approx(fresh.coef_, abs=2e-4)
            assert model.coef_ == pytest.approx(other.coef_, abs=2e-4)
        assert len(model.classes_) == classes
        assert fits.unconverged == 0


def test_the_smallest_c_wins_a_tie_at_two_decimals_of_a_per_cent():
    assert classify.best([1.0, 2.0, 4.0], [[0.5, 0.60001, 0.60004]]) == (2.0, 0.6)
    assert classify.best([1.0, 2.0], [[0.5, 0.7], [0.6, 0.7]]) == (2.0, 0.7)


def test_fits_that_do_not_converge_are_counted_and_other_warnings_pass():
    class Model(LogisticRegression):
        def fit(self, x, y):
            self.max_iter, self.solver = 1, "lbfgs"
            warnings.warn("another", UserWarning, stacklevel=1)
            return super().fit(100 * x, y)

    fits = Fits()
    with pytest.warns(UserWarning, match="another"):
        fits.fit(Model(), noise(100, 5))
    assert fits.unconverged == 1


def test_features_of_a_pair_are_the_difference_and_the_product():
    embeddings = Embeddings(encode)
    part = Labelled(["angle 60", "good a"], ["angle 0", "bad b"], [1, 0])
    embeddings.add(part.sentences)
    features, labels = classify.features(part, embeddings)
    u, v = encode(part.left).astype(float), encode(part.right or []).astype(float)
    assert features.tolist() == np.concatenate([abs(u - v), u * v], axis=1).tolist()
    assert labels.tolist() == [1, 0]


@pytest.mark.parametrize("protocol", ["folds", "test", "dev"])
def test_progress_counts_what_it_announces(protocol, monkeypatch):
    monkeypatch.setitem(classify.GRIDS, protocol, [1.0])
    monkeypatch.setattr(Fits, "fit", lambda *_: None)
    monkeypatch.setattr(LogisticRegression, "score", lambda *_: 0.5)
    steps = []
    part = separable(48)
    parts = {"all": part, "train": part, "dev": part, "test": part}
    classify.PROTOCOLS[protocol](parts, Fits(lambda: steps.append(1)))
    assert len(steps) == classify.STEPS[protocol]
