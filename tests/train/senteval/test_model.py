"""Encoders as they are found in folders: a run's, another's, a broken one."""

import json

import numpy as np
import pytest

from tests.train.conftest import SENTENCES, train
from train import encoder
from train.errors import ModelError
from train.senteval import model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small BERT of 64 positions, saved by a run that cut sentences at 12 tokens."""
    small = encoder.build(SENTENCES, 0, 64, "cpu")
    small.max_seq_length = 12
    path = tmp_path_factory.mktemp("run")
    small.save_pretrained(str(path / "model"), create_model_card=False)
    (path / "config.json").write_text("{}")
    (path / "metrics.jsonl").write_text("")
    return path


def test_a_run_folder_stands_for_its_model(folder):
    assert encoder.located(str(folder)) == str(folder / "model")
    assert encoder.located(str(folder / "model")) == str(folder / "model")
    assert encoder.located("org/name") == "org/name"


def test_a_pretrained_encoder_is_a_model_beside_its_metrics(tmp_path):
    for name in ("config.json", "metrics.jsonl", "model.safetensors"):
        (tmp_path / name).write_text("{}")
    assert encoder.located(str(tmp_path)) == str(tmp_path)


def test_a_run_without_a_model_says_how_to_finish(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(ModelError, match="train run --resume"):
        encoder.located(str(tmp_path))


@pytest.mark.parametrize(("asked", "given"), [(None, 64), (20, 20), (500, 64)])
def test_sentences_are_cut_at_the_positions_not_at_the_training_length(folder, asked, given):
    assert model.encoder(str(folder), asked, None, "cpu").max_seq_length == given


def test_pooling_can_be_chosen(folder):
    rows = {}
    for mode in (None, "mean", "cls", "first_last"):
        loaded = model.encoder(str(folder), None, mode, "cpu")
        rows[mode] = model.encoding(loaded, 4)(SENTENCES[:6])
        assert rows[mode].shape == (6, 128)
        assert rows[mode].dtype == np.float32
    assert np.array_equal(rows[None], rows["mean"])
    assert not np.allclose(rows["mean"], rows["cls"])
    assert not np.allclose(rows["mean"], rows["first_last"])


def test_the_description_changes_with_the_weights(folder):
    one = model.encoder(str(folder), None, None, "cpu")
    first = model.describe(one, "x")
    assert first["pooling"] == "mean"
    assert first["sha256"] == model.describe(one, "y")["sha256"]
    next(iter(one.parameters())).data[0, 0] += 1
    assert first["sha256"] != model.describe(one, "x")["sha256"]


def test_a_run_is_evaluated_from_the_command_line(folder, eval_data):
    words = ("--tasks", "STS-B-dev,diagnostics", "--device", "cpu", "--format", "json")
    result = train("eval", folder, "--data", eval_data, *words, "--batch-size", 4)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert -1 <= found["tasks"]["STS-B-dev"]["score"] <= 1
    assert found["diagnostics"]["tolerance"] is None  # no TREC in this tree
    assert found["model"]["max_length"] == 64


@pytest.mark.parametrize("files", [{}, {"config.json": "{"}, {"model.safetensors": "no"}])
def test_a_model_that_does_not_load_ends_with_2(tree, tmp_path, files):
    (tmp_path / "broken").mkdir()
    for name, content in files.items():
        (tmp_path / "broken" / name).write_text(content)
    result = train("eval", tmp_path / "broken", "--data", tree, "--tasks", "STS-B")
    assert result.exit_code == 2
    assert "does not load" in result.stderr
    assert "Traceback" not in result.output
