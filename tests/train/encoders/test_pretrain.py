"""`train pretrain`: learns, is loaded by `--model`, and refuses what it cannot use."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy
from transformers import AutoModel, BertForMaskedLM

from tests.train.conftest import train
from tests.train.encoders.conftest import GRAMMAR, TINY
from train import encoder
from train.encoders import masked_lm, state
from train.encoders.masking import Masking, TrainingBatches, held_out_batches
from train.encoders.schedule import Plan
from train.encoders.sentences import load_tokenizer, make_tokenizer, split, tokenise
from train.encoders.settings import Pretraining
from train.errors import ConfigError


@pytest.fixture(scope="module")
def finished(tmp_path_factory, grammar_file) -> tuple[Path, str]:
    """A run of 40 steps: its folder and what it printed."""
    out = tmp_path_factory.mktemp("finished") / "encoder"
    result = train("pretrain", "--corpus", grammar_file, "--out", out, *TINY, "--steps", "40")
    assert result.exit_code == 0, result.output
    return out, result.output


def record(folder: Path) -> dict:
    return json.loads((folder / "pretraining.json").read_text())


def test_learns_more_than_frequencies(finished):
    """Sequences of words have a smaller entropy than words: a model that reads must show it."""
    out, printed = finished
    scores = record(out)["finished"]
    assert scores["loss"] < 0.8 * scores["guessing"]
    assert scores["accuracy"] > 0.2
    assert "Held out: loss" in printed
    assert "Guessing by frequency has a held-out loss of" in printed


def test_the_held_out_loss_falls_with_the_steps(finished):
    lines = (finished[0] / "metrics.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    held_out = [r["loss"] for r in records if r["event"] == "held out"]
    assert len(held_out) == 4
    assert held_out[-1] < held_out[0] < math.log(200)
    rates = [r["lr"] for r in records if r["event"] == "step"]
    assert rates[-1] < 1e-2 / 30


def test_is_an_encoder_for_train_run(finished):
    model = encoder.load(str(finished[0]), max_length=12, device="cpu")
    vectors = model.encode(["The king waits.", "A child."], show_progress_bar=False)
    assert vectors.shape == (2, 32)
    assert type(AutoModel.from_pretrained(finished[0])).__name__ == "BertModel"


def test_the_saved_model_has_the_loss_on_record(finished):
    """With its output layer and its tokenizer, read back from the folder."""
    out = finished[0]
    model, tokenizer = BertForMaskedLM.from_pretrained(out), load_tokenizer(out)
    unseen = tokenise(split(GRAMMAR, seed=0)[1], tokenizer, 16)
    batches = held_out_batches(unseen, Masking(tokenizer), 32, seed=0)
    found = record(out)["finished"]
    assert masked_lm.held_out(model, batches, "cpu").loss == pytest.approx(found["loss"], rel=1e-6)


def test_the_card_tells_command_digest_steps_and_loss(finished, grammar_file):
    out, found = finished[0], record(finished[0])
    card = (out / "README.md").read_text()
    for text in (
        found["command"],
        found["corpus"]["sha256"],
        "40 steps of 32 sentences",
        f"{found['finished']['loss']:.3f}",
        f"--corpus {grammar_file}",
    ):
        assert text in card
    assert not (out / "checkpoints").exists()
    assert not list(out.rglob("*.bin"))


def test_the_same_seed_gives_the_same_weights(finished, grammar_file, tmp_path):
    again = tmp_path / "again"
    words = ("--corpus", grammar_file, "--out", again, *TINY, "--steps", "40")
    assert train("pretrain", *words, "--save-every", "7").exit_code == 0
    assert weights(again) == weights(finished[0])


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def test_the_loss_is_transformers_own():
    """Only masked tokens pass the output layer; over all of them the loss is the same."""
    tokenizer = make_tokenizer(GRAMMAR, 200, 16)
    settings = Pretraining("-", layers=1, width=32, heads=2, max_length=16, vocabulary=200)
    model = masked_lm.build(settings, tokenizer).eval()
    batch = TrainingBatches(tokenise(GRAMMAR, tokenizer, 16), Masking(tokenizer), 32, 0)(1)
    theirs = model(input_ids=batch.ids, attention_mask=batch.attention, labels=batch.labels).loss
    torch.testing.assert_close(masked_lm.loss_of(model, batch), theirs)
    scores = masked_lm.held_out(model, [batch, batch], "cpu")
    assert scores.loss == pytest.approx(theirs.item(), rel=1e-5)
    assert scores.tokens == 2 * int((batch.labels != -100).sum())


def test_guessing_is_the_cross_entropy_of_frequencies():
    tokenizer = make_tokenizer(GRAMMAR, 200, 16)
    tokens = tokenise(GRAMMAR, tokenizer, 16)
    batch = TrainingBatches(tokens, Masking(tokenizer), 32, 0)(1)
    counts = torch.tensor([1 + int((tokens.ids == piece).sum()) for piece in range(200)])
    labels = batch.labels[batch.labels != -100]
    logits = counts.double().log().expand(len(labels), -1)
    found = masked_lm.guessing(tokens, [batch], 200)
    assert found == pytest.approx(float(cross_entropy(logits, labels)))


def test_a_time_limit_decides_the_steps(grammar_file, tmp_path):
    out = tmp_path / "timed"
    words = ("--corpus", grammar_file, "--out", out, *TINY, "--minutes", "0.03", "--warmup", "5")
    result = train("pretrain", *words)
    assert result.exit_code == 0, result.output
    assert "steps fit in 0.03 minutes" in result.output
    found = record(out)
    plan = Plan(**found["plan"])
    last = json.loads((out / "metrics.jsonl").read_text().splitlines()[-2])
    assert plan.turn <= 5
    assert last["step"] == plan.steps
    assert last["lr"] == pytest.approx(1e-2 * plan.turn / 5 / (plan.steps + 1 - plan.turn))
    assert "what fitted in 0.03 minutes" in (out / "README.md").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 30, "heads": 4}, "--width 30 is no multiple of --heads 4"),
        ({"minutes": 3, "steps": 5}, "both say when to stop"),
        ({"minutes": 0}, "--minutes 0 must be positive"),
        ({"lr": float("nan")}, "--lr nan must be positive"),
        ({"steps": 5, "warmup": 5}, "--warmup 5 leaves none of --steps 5"),
        ({"layers": 0}, "--layers 0 is too small"),
        ({"seed": 2**32}, "--seed 4294967296 is too large"),
    ],
)
def test_options_outside_their_domain(options, message):
    with pytest.raises(ConfigError, match=message):
        Pretraining("-", **options)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--corpus is missing"),
        (("--corpus", "none.txt"), "--out is missing"),
        (("--resume", "none"), "holds no pretraining.json"),
        (("--resume", "none", "--lr", "1"), "--lr cannot go with --resume"),
        (("--corpus", "none.txt", "--out", "x"), "cannot be read|not there|no such|No such"),
    ],
)
def test_bad_command_lines_exit_with_2(words, message, in_tmp_path):
    result = train("pretrain", *words)
    assert result.exit_code == 2, result.output
    assert any(part in result.output for part in message.split("|")), result.output
    assert "Traceback" not in result.output


def test_too_little_text(tmp_path):
    few = tmp_path / "few.txt"
    few.write_text("One sentence.\nAnother one.\n")
    result = train("pretrain", "--corpus", few, "--out", tmp_path / "x", *TINY)
    assert result.exit_code == 2
    assert "1 sentences to train on, fewer than one batch of 32" in result.output
    assert not (tmp_path / "x").exists()


def test_a_folder_that_holds_a_run_is_not_touched(finished, grammar_file):
    before = weights(finished[0])
    result = train("pretrain", "--corpus", grammar_file, "--out", finished[0], *TINY)
    assert result.exit_code == 2
    assert "train pretrain --resume" in result.output
    assert "this run is finished" in train("pretrain", "--resume", finished[0]).output
    assert weights(finished[0]) == before


def test_a_loss_that_is_no_number_stops_the_run(grammar_file, tmp_path, monkeypatch):
    loss_of = masked_lm.loss_of
    monkeypatch.setattr(masked_lm, "loss_of", lambda *args: loss_of(*args) * float("nan"))
    words = ("--corpus", grammar_file, "--out", tmp_path / "x", *TINY, "--steps", "5")
    result = train("pretrain", *words)
    assert result.exit_code == 1
    assert "step 1: the loss is nan" in result.output
    assert "lower --lr than 0.01" in result.output


def test_a_full_disk_says_how_to_go_on(grammar_file, tmp_path, monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device")

    words = ("--corpus", grammar_file, "--out", tmp_path / "x", *TINY, "--steps", "12")
    with monkeypatch.context() as patch:
        patch.setattr(state.Path, "write_bytes", full)
        result = train("pretrain", *words)
    assert result.exit_code == 4
    assert "No space left on device" in result.output
    assert f"train pretrain --resume {tmp_path / 'x'}" in result.output
    assert train("pretrain", "--resume", tmp_path / "x").exit_code == 0


def test_help_stays_light():
    code = (
        "import sys, train.commands.pretrain, train.commands.encoder; "
        "print(*{'torch', 'transformers', 'onnx', 'rich'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
