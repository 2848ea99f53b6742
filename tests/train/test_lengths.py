"""Where an encoder cuts a sentence: in training, when it is scored, and when it is saved."""

import json
from pathlib import Path
from typing import Any

import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding

from tests.train.conftest import SENTENCES, train, train_small
from train import encoder, sts
from train.errors import ConfigError
from train.evaluation import evaluate_all
from train.folder import RunFolder
from train.lengths import limit_of, read_at_most, reading_as_scored, saved_length
from train.senteval.model import encoder as for_eval


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """An encoder with 40 positions, saved to read 16 tokens."""
    model = encoder.build(SENTENCES, 0, 40, "cpu")
    model.max_seq_length = 16
    model.save_pretrained(str(tmp_path / "encoder"), create_model_card=False)
    return tmp_path / "encoder"


def test_scoring_cuts_as_train_eval_does_and_leaves_training_as_it_was(long: Path) -> None:
    model = encoder.load(str(long), 8, "cpu")
    wanted = for_eval(str(long), None, None, "cpu").max_seq_length
    seen: list[Any] = []

    def evaluation(encode: Any) -> dict[str, float | None]:
        seen.append(model.max_seq_length)
        return {"score": 1.0}

    evaluate_all([evaluation], model)
    assert (seen, wanted) == ([40], 40)
    assert model.max_seq_length == 8
    with pytest.raises(ZeroDivisionError), reading_as_scored(model):
        _ = 1 / 0
    assert model.max_seq_length == 8


def test_the_saved_length_may_be_exceeded_and_the_positions_not(long: Path) -> None:
    model = encoder.load(str(long), 32, "cpu")
    assert model.max_seq_length == 16  # not asked for: as it was saved
    read_at_most(model, 32)
    assert model.max_seq_length == 32
    with pytest.raises(ConfigError, match="reads at most 40 tokens"):
        read_at_most(model, 41)


def test_what_was_trained_on_more_tokens_is_saved_with_them() -> None:
    model = encoder.build(SENTENCES, 0, 300, "cpu")
    assert saved_length(model) == 300
    model.max_seq_length = 32
    assert saved_length(model) == 128


def test_an_encoder_that_cuts_nothing(tmp_path: Path) -> None:
    tokenizer = encoder.build(SENTENCES, 0, 12, "cpu").tokenizer.backend_tokenizer
    static = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=4)])
    static.save_pretrained(str(tmp_path), create_model_card=False)
    model = encoder.load(str(tmp_path), 32, "cpu")
    assert limit_of(model) is None
    assert encoder.share_cut(model, SENTENCES) == 0.0
    with reading_as_scored(model):
        assert limit_of(model) is None


@pytest.mark.usefixtures("verified")
def test_a_run_scores_as_train_eval_and_its_model_says_what_it_reads(
    long: Path, corpus_file: Path, eval_data: Path, tmp_path: Path
) -> None:
    # the protocol's own length: what the encoder reads is on record, and in the command
    words = ("--loss", "infonce", "--corpus", corpus_file, "--eval-data", eval_data, "--model",
             long, "--steps", 2, "--batch-size", 8, "--device", "cpu")  # fmt: skip
    result = train("run", *words, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    folder = RunFolder(tmp_path / "run")
    config = folder.read_config()
    assert config["schedule"]["max_length"] == 16
    assert "--max-length 16" in config["command"]
    model = SentenceTransformer(str(folder.model), device="cpu")
    assert model.max_seq_length == 40
    after = next(r["scores"] for r in folder.records() if r.get("when") == "after")
    assert evaluate_all(sts.senteval(eval_data), model) == after
    assert "It reads 40 tokens of a sentence" in folder.card.read_text()
    assert "trained on at most 16 tokens" in folder.card.read_text()


@pytest.mark.usefixtures("verified")
def test_a_given_length_beyond_the_saved_one(
    long: Path, corpus_file: Path, eval_data: Path, tmp_path: Path
) -> None:
    words = ("--model", long, "--max-length", 20, "--steps", 1)
    result = train_small(corpus_file, eval_data, tmp_path / "run", *words)
    assert result.exit_code == 0, result.output
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["schedule"]["max_length"] == 20
