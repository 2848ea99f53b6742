"""Runs with losses that are not of the catalogue: on record, trained, resumed, refused."""

import json
import signal
from pathlib import Path

import pytest
import yaml

from derive import store
from derive.modification import modify, recipe_of
from derive.sources import find, located
from tests.train.conftest import train, train_small
from tests.train.test_resume import signal_after
from tests.verify.test_own_losses import MY_LOSSES
from train.digest import digest
from train.folder import RunFolder
from train.identity import label, record_of

MARGIN = "my_losses.py:MarginSoftmax"
ALPHA = "alpha(tau*log(1+x); exp(x/tau); tau=1/2)"


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "my_losses.py"
    path.write_text(MY_LOSSES, encoding="utf-8")
    return path


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CONTRAGRAD_HOME", str(tmp_path / "home"))


def record(path):
    return RunFolder(path).read_config()


def stop_early(corpus_file, eval_data, path, *words):
    with signal_after(2, signal.SIGINT):
        assert train_small(corpus_file, eval_data, path, "--steps", 3, *words).exit_code == 130


@pytest.mark.usefixtures("quick")
def test_a_file_is_verified_and_trained(file, corpus_file, eval_data, tmp_path):
    words = ("--loss", MARGIN, "--set", "tau=1/sqrt(64)", "--steps", 2)
    result = train_small(corpus_file, eval_data, tmp_path / "run", *words)
    assert result.exit_code == 0, result.output
    config = record(tmp_path / "run")
    assert config["options"]["loss"] == f"{file}:MarginSoftmax"
    assert config["loss"] == {
        "name": "marginsoftmax",
        "title": "Softmax with an additive margin",
        "stop_gradients": "none",
        "recipe": None,
        "digest": digest(find(MARGIN)),
    }
    assert config["verification"]["verdict"] == "agreed"
    assert config["verification"]["reference"] == "formula"
    card = (tmp_path / "run" / "README.md").read_text()
    assert "# Sentence embeddings trained with Softmax with an additive margin" in card
    assert "compared with its own formula, no independent account of it" in card
    front = yaml.safe_load(card.split("---")[1])
    assert front["tags"][-1] == "marginsoftmax"
    assert f"--loss {file}:MarginSoftmax" in config["command"]


@pytest.mark.usefixtures("home", "verified")
def test_a_saved_loss_is_trained_with_its_recipe_on_record(corpus_file, eval_data, tmp_path):
    recipe = recipe_of(modify("mpt", gd="one"))
    store.save("gateless", recipe)
    stop_early(corpus_file, eval_data, tmp_path / "run", "--loss", "gateless")
    assert record(tmp_path / "run")["loss"]["recipe"] == recipe
    result = train("run", "--resume", tmp_path / "run")
    assert result.exit_code == 0, result.output


@pytest.mark.slow
@pytest.mark.usefixtures("verified")
def test_an_alpha_loss_is_trained_in_a_folder_of_its_name(
    corpus_file, eval_data, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    result = train(
        "run", "--corpus", corpus_file, "--eval-data", eval_data, "--loss", ALPHA, "--steps", 2,
        "--batch-size", 8, "--max-length", 12, "--device", "cpu",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert record(Path("runs", "alpha-0-1"))["options"]["loss"] == ALPHA


@pytest.mark.usefixtures("verified")
def test_a_run_goes_on_from_another_directory(file, corpus_file, eval_data, tmp_path, monkeypatch):
    stop_early(corpus_file, eval_data, tmp_path / "run", "--loss", MARGIN)
    file.write_text(MY_LOSSES + "\n# a comment, and another loss\nclass Mine(MarginSoftmax): ...\n")
    monkeypatch.chdir("/")
    result = train("run", "--resume", tmp_path / "run")
    assert result.exit_code == 0, result.output


CHANGES = {
    "a formula": lambda text: text.replace("- s(i) +", "-2 * s(i) +").replace(
        "-s(i) +", "-2*s(i) +"
    ),
    "a default": lambda text: text.replace('"0.2"', '"0.3"'),
    "a domain": lambda text: text.replace("REAL,", "POSITIVE,"),
}


@pytest.mark.slow
@pytest.mark.usefixtures("verified")
def test_a_changed_or_missing_loss_is_noticed(file, corpus_file, eval_data, tmp_path):
    stop_early(corpus_file, eval_data, tmp_path / "run", "--loss", MARGIN)
    for change in CHANGES.values():
        assert change(MY_LOSSES) != MY_LOSSES
        file.write_text(change(MY_LOSSES), encoding="utf-8")
        result = train("run", "--resume", tmp_path / "run")
        assert result.exit_code == 2
        assert "is not the loss this run began with" in result.output
    file.unlink()
    result = train("run", "--resume", tmp_path / "run")
    assert result.exit_code == 2
    assert "cannot be had any more: there is no file" in result.output
    assert "Traceback" not in result.output


@pytest.mark.slow
@pytest.mark.usefixtures("home", "verified")
def test_a_saved_loss_that_is_gone(corpus_file, eval_data, tmp_path):
    path = store.save("gateless", recipe_of(modify("mpt", gd="one")))
    stop_early(corpus_file, eval_data, tmp_path / "run", "--loss", "gateless")
    path.unlink()
    result = train("run", "--resume", tmp_path / "run")
    assert result.exit_code == 2
    assert "config.json holds its recipe" in result.output


@pytest.mark.slow
@pytest.mark.usefixtures("verified")
def test_a_record_without_its_loss_is_damaged(file, corpus_file, eval_data, tmp_path):
    stop_early(corpus_file, eval_data, tmp_path / "run", "--loss", MARGIN)
    config = record(tmp_path / "run")
    for loss in (None, [], {"digest": None}):
        (tmp_path / "run" / "config.json").write_text(json.dumps({**config, "loss": loss}))
        result = train("run", "--resume", tmp_path / "run")
        assert result.exit_code == 2
        assert "is damaged" in result.output


@pytest.mark.usefixtures("verified")
def test_a_file_that_changes_while_it_trains(file, corpus_file, eval_data, tmp_path, monkeypatch):
    """The run ends with the loss that it began with: card and all."""
    from train import run

    fit = run.fit

    def fit_then_break(*arguments):
        fit(*arguments)
        file.write_text("broken(", encoding="utf-8")

    monkeypatch.setattr(run, "fit", fit_then_break)
    words = ("--loss", MARGIN, "--steps", 2)
    result = train_small(corpus_file, eval_data, tmp_path / "run", *words)
    assert result.exit_code == 0, result.output
    assert "Softmax with an additive margin" in (tmp_path / "run" / "README.md").read_text()


@pytest.mark.usefixtures("file")
def test_what_cannot_be_loaded_exits_with_2(corpus_file, eval_data, tmp_path):
    for loss, message in (
        ("my_losses.py:Raises", "RuntimeError: boom"),
        ("my_losses.py:MarginSoftMax", "Did you mean MarginSoftmax?"),
        ("none.json", "there is no file"),
    ):
        result = train_small(corpus_file, eval_data, tmp_path / "run", "--loss", loss)
        assert result.exit_code == 2
        assert message in result.output
        assert not (tmp_path / "run").exists()


def test_names_on_disk(file):
    assert located("infonce") == "infonce"
    assert located(MARGIN) == f"{file}:MarginSoftmax"
    assert located("mine.json") == str(file.parent / "mine.json")
    assert located(ALPHA) == ALPHA
    loss = find(MARGIN)
    for name, expected in (("../../etc", "etc"), ("a b:C", "a-b-C"), ("τ", "τ"), ("..", "loss")):
        type(loss).name = name
        assert label(loss) == expected


def test_the_digest_ignores_what_indices_are_called():
    """A loss that is made again has other bound indices."""
    assert digest(modify("supcon", ratio="1")) == digest(modify("supcon", ratio="1"))
    assert digest(find(ALPHA)) == digest(find(ALPHA))
    assert digest(find(ALPHA)) != digest(find(ALPHA.replace("1/2", "1/3")))
    assert record_of("mpt", find("mpt"))["digest"] is None
