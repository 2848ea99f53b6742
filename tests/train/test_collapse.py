"""An encoder that collapses in training: the run is kept, and says so."""

import json

import pytest
import torch

from tests.train.conftest import train_small
from train import trainer
from train.folder import RunFolder

NAME = "STS-B dev, Spearman"


@pytest.fixture
def collapsing(monkeypatch):
    """Training after which every parameter is zero, and so is every embedding."""
    train = trainer.TwoViewTrainer.train

    def then_collapse(self, **options):
        train(self, **options)
        with torch.no_grad():
            for parameter in self.model.parameters():
                parameter.zero_()

    monkeypatch.setattr(trainer.TwoViewTrainer, "train", then_collapse)


@pytest.mark.usefixtures("verified", "collapsing")
def test_the_run_is_complete_and_the_score_undefined(corpus_file, eval_data, tmp_path):
    result = train_small(corpus_file, eval_data, tmp_path / "run", "--steps", 2)
    assert result.exit_code == 1
    assert "the embeddings have collapsed" in result.output
    assert "undefined" in result.output
    folder = RunFolder(tmp_path / "run")
    assert sorted(path.name for path in folder.path.iterdir()) == [
        "README.md", "config.json", "metrics.jsonl", "model",
    ]  # fmt: skip
    assert "this encoder has collapsed" in folder.card.read_text()
    after, finished = map(json.loads, folder.metrics.read_text().splitlines()[-2:])
    assert after["scores"] == {NAME: None}
    assert "same similarity" in after["note"]
    assert finished["event"] == "finished"


@pytest.mark.usefixtures("verified")
def test_a_score_on_the_way_does_not_stop_the_run(monkeypatch, corpus_file, eval_data, tmp_path):
    undefined = iter([0.5, None, 0.25, 0.25])
    monkeypatch.setattr("train.sts.spearman", lambda *_: next(undefined))
    words = ("--steps", 4, "--eval-every", 2)
    result = train_small(corpus_file, eval_data, tmp_path / "run", *words)
    assert result.exit_code == 0, result.output
    records = RunFolder(tmp_path / "run").records()
    scores = [record["scores"][NAME] for record in records if record["event"] == "evaluation"]
    assert scores == [0.5, None, 0.25, 0.25]
