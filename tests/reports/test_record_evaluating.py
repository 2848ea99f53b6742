"""`train eval` of finished runs: what there are data for, and nothing twice."""

import json
from pathlib import Path

import pytest

from reports.errors import RunRecordError
from reports.evaluating import available, diagnostics, evaluate_run
from reports.runs import read_run
from tests.reports.made_up import write_recipe
from train.errors import EvaluationError

RECIPE = "001-figure-6-tau-0.05"


@pytest.fixture
def data(tmp_path):
    """A tree with SICK-R and STS-B dev alone; their content is not read here."""
    for name in ("SICK/SICK_test_annotated.txt", "STS/STSBenchmark/sts-dev.csv"):
        path = tmp_path / "senteval" / name
        path.parent.mkdir(parents=True)
        path.write_text("")
    return tmp_path / "senteval"


@pytest.fixture
def run(tmp_path):
    write_recipe(tmp_path, RECIPE)
    return tmp_path / RECIPE / "seed-0"


@pytest.fixture
def asked(monkeypatch):
    """What `train eval` is asked for, in order; it keeps what it finds as the real one does."""
    calls = []

    def evaluate(path: Path, options):
        calls.append(options)
        names = options["tasks"].split(",")
        held = json.loads(path.read_text()) if path.is_file() else {"tasks": {}}
        tasks = held["tasks"] | {x: {"score": 0.5} for x in names if x != "diagnostics"}
        found = {"tolerance": 0.25} if "diagnostics" in names else held.get("diagnostics")
        path.write_text(json.dumps({"tasks": tasks, "diagnostics": found}))

    monkeypatch.setattr("train.commands.eval.evaluate", evaluate)
    return calls


def test_only_tasks_whose_data_are_there_are_scored(data):
    assert available("sts,MR", data) == ("SICK-R", "STS-B-dev")
    assert available("diagnostics", data) == ("diagnostics",)
    assert available("", data) == ()


def test_a_folder_without_data_is_told(tmp_path):
    with pytest.raises(EvaluationError, match="holds no task"):
        available("sts", tmp_path)


def test_the_runs_own_encoder_is_scored_and_nothing_twice(data, run, asked):
    evaluate_run(run, ("SICK-R",), data, "cpu")
    evaluate_run(run, ("SICK-R",), data, "cpu")
    evaluate_run(run, ("SICK-R", "diagnostics"), data, "cpu")
    evaluate_run(run, ("SICK-R", "diagnostics"), data, "cpu")
    assert [x["tasks"] for x in asked] == ["SICK-R", "diagnostics"]
    assert {x["model"] for x in asked} == {str(run / "model")}
    assert diagnostics(read_run(run)) == {"tolerance": 0.25}


def test_every_option_of_train_eval_is_given(data, run, asked):
    from train.commands.eval import command

    evaluate_run(run, ("SICK-R",), data, "cpu")
    names = {x.name for x in command.params} - {"out", "form"}
    assert set(asked[0]) == names


def test_runs_that_were_not_evaluated_have_no_diagnostics(run):
    assert diagnostics(read_run(run)) is None


@pytest.mark.parametrize("text", ["{", "[]", '{"tasks": 3}', '{"tasks": {}}'])
def test_a_damaged_evaluation_is_told(run, text):
    (run / "evaluation.json").write_text(text)
    with pytest.raises(RunRecordError, match=r"evaluation\.json is no evaluation"):
        diagnostics(read_run(run))
