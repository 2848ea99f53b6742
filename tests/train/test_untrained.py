"""Scores before training, once in a process for the same encoder and the same data."""

import pytest
import torch

from tests.train.conftest import SENTENCES
from train import encoder, untrained
from train.config import RunConfig
from train.heads import with_head
from train.untrained import fingerprint, untrained_scores


@pytest.fixture
def model():
    return encoder.build(SENTENCES, seed=0, max_length=8, device="cpu")


@pytest.fixture
def count(monkeypatch):
    """How often an encoder is scored; nothing is remembered of other tests."""
    calls = []

    def evaluate(evaluations, model):
        calls.append(model)
        return {"a score": len(calls) / 10}

    monkeypatch.setattr(untrained, "evaluate_all", evaluate)
    monkeypatch.setattr(untrained, "_FOUND", {})
    return calls


CONFIG = RunConfig(loss="infonce")


def test_the_same_encoder_is_scored_once(model, count):
    first = untrained_scores(CONFIG, [], model)
    again = encoder.build(SENTENCES, seed=0, max_length=8, device="cpu")
    assert untrained_scores(CONFIG, [], again) == first == {"a score": 0.1}
    assert len(count) == 1


def test_another_weight_is_another_encoder(model, count):
    untrained_scores(CONFIG, [], model)
    with torch.no_grad():
        next(model.parameters())[0, 0] += 1e-6
    assert untrained_scores(CONFIG, [], model) == {"a score": 0.2}


@pytest.mark.parametrize("change", ["max_seq_length", "default_prompt_name"])
def test_so_is_another_setting(model, change):
    before = fingerprint(model)
    model.prompts = {"query": "query: "}
    between = fingerprint(model)
    setattr(model, change, {"max_seq_length": 4, "default_prompt_name": "query"}[change])
    assert len({before, between, fingerprint(model)}) == 3


def test_a_training_head_is_not_scored(model, count):
    untrained_scores(CONFIG, [], model)
    for seed in (1, 2):
        other = encoder.build(SENTENCES, seed=0, max_length=8, device="cpu")
        with_head(other, "linear", 0.02, seed, kept=False)
        assert untrained_scores(CONFIG, [], other) == {"a score": 0.1}


def test_a_head_that_is_kept_is(model, count):
    for seed in (1, 2):
        other = encoder.build(SENTENCES, seed=0, max_length=8, device="cpu")
        with_head(other, "linear", 0.02, seed, kept=True)
        untrained_scores(CONFIG, [], other)
    assert len(count) == 2


def test_other_data_are_scored_anew(model, count, tmp_path):
    path = tmp_path / "STS" / "STSBenchmark" / "sts-dev.csv"
    path.parent.mkdir(parents=True)
    config = RunConfig(loss="infonce", eval_data=str(tmp_path))
    untrained_scores(CONFIG, [], model)
    for text in ("one", "other"):
        path.write_text(text)
        untrained_scores(config, [], model)
    assert len(count) == 3
