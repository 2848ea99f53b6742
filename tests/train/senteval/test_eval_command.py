"""`train eval` from the command line, with an encoder that costs nothing."""

import errno
import json
from types import SimpleNamespace

import numpy as np
import pytest

from tests.train.conftest import train
from tests.train.senteval.conftest import ANGLES, encode, similarity_files, write
from train.senteval.tasks import GROUPS, averaged

STS = ("--tasks", "sts,diagnostics", "--format", "json")


@pytest.fixture
def fake(monkeypatch):
    """No model is loaded; `calls` holds every sentence that was embedded, `sha256` names it."""
    state = SimpleNamespace(calls=[], encode=encode, sha256="one")

    def encoding(model, batch_size):
        def remember(sentences):
            state.calls.extend(sentences)
            return state.encode(sentences)

        return remember

    def describe(model, name):
        return {"name": name, "sha256": state.sha256, "dimension": 12, "max_length": 128,
                "pooling": "mean"}  # fmt: skip

    monkeypatch.setattr("train.senteval.model.encoder", lambda *_: None)
    monkeypatch.setattr("train.senteval.model.encoding", encoding)
    monkeypatch.setattr("train.senteval.model.describe", describe)
    return state


def evaluate(tree, *words):
    return train("eval", "some/model", "--data", tree, "--device", "cpu", *words)


def record(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.usefixtures("few_folds")
def test_all_tasks_in_one_go(tree, fake, tmp_path):
    found = record(evaluate(tree, "--format", "json", "--out", tmp_path / "all.json"))
    assert list(found["tasks"]) == [name for name in GROUPS["all"] if name != "diagnostics"]
    for name, task in found["tasks"].items():
        assert task["score"] == pytest.approx(1), name
    assert found["averages"] == {"STS": pytest.approx(1), "transfer": pytest.approx(1)}
    assert found["diagnostics"]["dimension"] == 12
    assert {"torch", "scikit-learn", "python"} <= set(found["versions"])
    assert found == json.loads((tmp_path / "all.json").read_text())
    assert len(fake.calls) == len(set(fake.calls)), "a sentence was embedded twice"


def test_reversed_gold_is_minus_1(tree, fake):
    similarity_files(tree, sign=-1)
    found = record(evaluate(tree, *STS))
    assert [found["tasks"][name]["score"] for name in averaged("sts")] == pytest.approx([-1] * 7)
    assert found["averages"]["transfer"] is None


def test_the_table_is_in_per_cent(tree, fake):
    result = evaluate(tree, "--tasks", "sts,diagnostics")
    assert result.exit_code == 0
    assert "SICK-R" in result.stdout
    assert "100.00" in result.stdout
    assert "average, STS" in result.stdout
    assert "uniformity" in result.stdout
    assert "STS12" in result.stderr  # progress


def test_two_runs_are_the_same(tree, fake):
    first, second = (record(evaluate(tree, *STS)) for _ in range(2))
    for found in (first, second):
        found.pop("seconds")
        for part in (*found["tasks"].values(), found["diagnostics"]):
            part.pop("seconds")
    assert first == second


def test_ctrl_c_keeps_finished_tasks_and_the_same_command_goes_on(tree, fake, tmp_path):
    out = tmp_path / "kept.json"

    def stop_at_sick(sentences):
        if len(done()) == 6:
            raise KeyboardInterrupt
        return encode(sentences)

    def done():
        return json.loads(out.read_text())["tasks"] if out.exists() else {}

    write(tree / "SICK" / "SICK_test_annotated.txt",
          ["header", *(f"1\tangle 1\tangle {x + 1}\t{5 - x / 40}\tN" for x in ANGLES)])  # fmt: skip
    fake.encode = stop_at_sick
    result = evaluate(tree, *STS, "--out", out)
    assert result.exit_code == 130
    assert "the same command goes on" in result.stderr
    assert list(done()) == ["STS12", "STS13", "STS14", "STS15", "STS16", "STS-B"]

    fake.encode, fake.calls = encode, []
    found = record(evaluate(tree, *STS, "--out", out))
    whole = record(evaluate(tree, *STS))
    scores = {name: task["score"] for name, task in found["tasks"].items()}
    assert scores == {name: task["score"] for name, task in whole["tasks"].items()}
    assert found["diagnostics"]["uniformity"] == whole["diagnostics"]["uniformity"]
    fake.calls = []
    record(evaluate(tree, *STS, "--out", out))
    assert fake.calls == []  # everything is kept


def test_ctrl_c_without_out_says_that_nothing_is_kept(tree, fake):
    def stop(sentences):
        raise KeyboardInterrupt

    fake.encode = stop
    result = evaluate(tree, *STS)
    assert result.exit_code == 130
    assert "give --out FILE.json" in result.stderr


def test_a_task_whose_data_changed_is_measured_again(tree, fake, tmp_path):
    out = tmp_path / "kept.json"
    record(evaluate(tree, "--tasks", "STS-B,SICK-R", "--format", "json", "--out", out))
    rows = [f"g\tf\ty\t1\t{x}\tangle 0\tangle {x}" for x in ANGLES]
    write(tree / "STS" / "STSBenchmark" / "sts-test.csv", rows)
    found = record(evaluate(tree, "--tasks", "STS-B", "--format", "json", "--out", out))
    assert found["tasks"]["STS-B"]["score"] == pytest.approx(-1)
    assert found["tasks"]["SICK-R"]["score"] == pytest.approx(1)


def test_another_model_does_not_go_on_with_the_file(tree, fake, tmp_path):
    out = tmp_path / "kept.json"
    record(evaluate(tree, "--tasks", "STS-B", "--format", "json", "--out", out))
    fake.sha256 = "two"
    result = evaluate(tree, "--tasks", "STS-B", "--out", out)
    assert result.exit_code == 2
    assert "holds an evaluation with another model" in result.stderr


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"tasks": 3, "diagnostics": null}', "\0"])
def test_a_file_that_is_no_evaluation_is_left_alone(tree, fake, tmp_path, content):
    out = tmp_path / "mine.json"
    out.write_text(content)
    result = evaluate(tree, "--tasks", "STS-B", "--out", out)
    assert result.exit_code == 2
    assert "is no evaluation" in result.stderr
    assert out.read_text() == content


@pytest.mark.parametrize("out", ["", "nowhere/x.json"])
def test_a_file_that_cannot_be_made_is_refused_first(tree, fake, tmp_path, out):
    result = evaluate(tree, "--tasks", "STS-B", "--out", tmp_path / out)
    assert result.exit_code == 2
    assert "Give a file in a folder there is" in result.stderr
    assert fake.calls == []


def test_a_full_disk_keeps_what_was_written(tree, fake, tmp_path, monkeypatch):
    out = tmp_path / "kept.json"
    record(evaluate(tree, "--tasks", "STS-B", "--format", "json", "--out", out))
    before = out.read_text()

    def full(path, text):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("train.senteval.record.write_atomically", full)
    result = evaluate(tree, "--tasks", "SICK-R", "--out", out)
    assert result.exit_code == 2
    assert "cannot be written: No space left on device" in result.stderr
    assert out.read_text() == before


def test_missing_files_are_named_before_anything_is_embedded(tree, fake):
    (tree / "STS" / "STS13-en-test" / "STS.gs.FNWN.txt").unlink()
    (tree / "MR" / "rt-polarity.neg").unlink()
    result = evaluate(tree)
    assert result.exit_code == 2
    for part in ("STS.gs.FNWN.txt", "rt-polarity.neg", "--tasks STS12,STS14"):
        assert part in result.stderr
    assert fake.calls == []
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("file", "lines", "message"),
    [
        (
            "TREC/TREC_10.label",
            ["LOC:city Where ?", "nothing"],
            "TREC_10.label:2: 'nothing' is not",
        ),
        ("MRPC/msr_paraphrase_train.txt", ["header"], "holds no row"),
        ("STS/STSBenchmark/sts-test.csv", ["g\tf\ty\t1\t2.0\ta\tb"] * 2, "all gold scores are 2.0"),
    ],
)
def test_bad_data_is_refused_first(tree, fake, file, lines, message):
    write(tree / file, lines)
    result = evaluate(tree)
    assert result.exit_code == 2
    assert message in result.stderr
    assert fake.calls == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--tasks", "STS17"), "unknown task 'STS17'"),
        (("--pooling", "sum"), "Choose one of mean"),
        (("--text", "original"), "tasks are missing (text: original)"),
    ],
)
def test_bad_options_are_refused_first(tree, fake, words, message):
    result = evaluate(tree, *words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_embeddings_that_are_not_finite_end_with_1(tree, fake):
    fake.encode = lambda some: np.full((len(some), 3), np.nan, dtype=np.float32)
    result = evaluate(tree, "--tasks", "STS-B")
    assert result.exit_code == 1
    assert "embeddings are not finite" in result.stderr


def test_a_collapsed_encoder_is_shown_and_ends_with_1(tree, fake, tmp_path):
    fake.encode = lambda some: np.ones((len(some), 3), dtype=np.float32)
    result = evaluate(tree, "--tasks", "STS-B,diagnostics", "--out", tmp_path / "x.json")
    assert result.exit_code == 1
    assert "undefined" in result.stdout
    assert "STS-B: undefined, for all pairs" in result.stderr
    found = json.loads((tmp_path / "x.json").read_text())
    assert found["tasks"]["STS-B"]["score"] is None
    assert found["diagnostics"]["dead_dimensions"] == 3
