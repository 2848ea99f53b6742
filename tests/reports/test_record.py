"""The command that makes the runs of figures: with runs that train nothing, and one that does."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from reports.cli import main
from reports.errors import ReportError
from reports.papers import known
from reports.plans import Planned, measuring, planned
from reports.recording import Request, record
from tests.train.sweeps.fake import FakeRuns
from train.errors import DivergedError, TrainingInterrupted
from train.sweeps.runs import TrainingRuns

QUIET = Console(quiet=True)
SMALL = Request(small=True)


class Runs(FakeRuns):
    """Runs that train nothing, and note which were begun; `broken`: in these folders."""

    def __init__(self, broken="", error=None):
        super().__init__()
        object.__setattr__(self, "begun", [])
        object.__setattr__(self, "broken", broken)
        object.__setattr__(self, "error", error)

    def run(self, options, folder, console):
        self.begun.append(folder.parent.name)
        if self.broken and self.broken in str(folder):
            raise self.error
        super().run(options, folder, console)


def made(plans, root, runner=None, request=SMALL):
    told = []

    def begin(plan, place, of, left):
        told.append((plan.folder, place, of))

    return list(record(plans, request, root, runner or Runs(), QUIET, begin)), told


def test_a_figure_of_measurements_holds_text_out_where_its_recipes_do_not():
    plans = {x.folder: x for x in planned([known()["003-figure-1"], known()["003-table-1"]])}
    assert "003-table-2-cl" in plans
    assert "003-table-2-cl-measured" in plans
    own = plans["003-table-2-cl"].options(True)["overrides"]
    assert "held_out" not in own
    overrides = plans["003-table-2-cl-measured"].options(True)["overrides"]
    assert (overrides["held_out"], overrides["measure_every"]) == (0.1, 6)
    assert overrides["lr"] == own["lr"]


def test_a_recipe_that_holds_text_out_itself_keeps_its_folder_and_its_share():
    plan = Planned("001-figure-9-baseline", measured=True)
    assert plan.folder == "001-figure-9-baseline"
    assert plan.options(False)["overrides"]["measure_every"] == 125
    assert plan.options(True)["overrides"]["measure_every"] == 6


def test_measuring_never_measures_less_often_than_the_recipe():
    assert measuring({"steps": 60, "measure_every": 2, "held_out": 0.2}) == {
        "steps": 60, "measure_every": 2, "held_out": 0.2,
    }  # fmt: skip


def test_shared_recipes_are_planned_once_with_the_tasks_of_all():
    plans = planned([known()["001-table-3"], known()["001-table-4"]])
    assert len({x.folder for x in plans}) == len(plans)
    assert {x.tasks for x in plans} == {"sts,transfer"}


def test_small_alone_is_the_demonstration_and_needs_no_download():
    options = SMALL.options(Planned("001-figure-7-baseline", measured=True))
    assert (options["model"], options["corpus"], options["protocol"]) == (None, None, "default")
    assert options["overrides"] == {
        "batch_size": 32, "steps": 60, "held_out": 0.1, "measure_every": 6,
    }  # fmt: skip
    assert (options["loss"], options["settings"]["m"]) == ("paradigm", "0.30")


def test_a_model_or_a_corpus_keeps_the_recipes_settings(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("a\nb\n")
    options = Request(small=True, corpus=str(text)).options(Planned("001-figure-7-baseline"))
    assert (options["model"], options["corpus"]) == ("bert-base-uncased", str(text.resolve()))
    assert (options["protocol"], options["overrides"]["lr"]) == ("understandingcse", 1e-5)
    assert Request(corpus="x").numbers(Planned("001-table-6-mmhe")) == range(3)
    assert Request(small=True, seed=5).numbers(Planned("001-table-6-mmhe")) == range(5, 6)


def test_finished_runs_are_only_read(tmp_path):
    plans = planned([known()["001-figure-5"]])
    found, told = made(plans, tmp_path)
    assert told == [("001-figure-5-baseline", 0, 2), ("001-figure-5-without-gd", 1, 2)]
    assert [x.seeds.rows[0].failure for x in found] == [None, None]
    again = Runs()
    made(plans, tmp_path, again)
    assert again.begun == []


def test_a_stopped_record_goes_on(tmp_path):
    plans = planned([known()["001-figure-5"]])
    stopping = Runs("without-gd", TrainingInterrupted("stopped", 2))
    with pytest.raises(TrainingInterrupted):
        made(plans, tmp_path, stopping)
    again = Runs()
    made(plans, tmp_path, again)
    assert again.begun == ["001-figure-5-without-gd"]


def test_a_run_that_diverges_does_not_stop_the_others(tmp_path):
    plans = planned([known()["001-figure-5"]])
    found, _ = made(plans, tmp_path, Runs("baseline", DivergedError("the loss is not a number")))
    assert [x.seeds.rows[0].failure for x in found] == ["the loss is not a number", None]


def test_runs_of_other_options_are_refused_before_the_first_run(tmp_path):
    plans = planned([known()["001-figure-5"]])
    made(plans[1:], tmp_path)
    runner = Runs()
    with pytest.raises(ReportError, match="Give another --runs"):
        made(plans, tmp_path, runner, Request(small=True, model="another"))
    assert runner.begun == []


def call(*arguments):
    return CliRunner().invoke(main, ["record", *arguments])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["001-figure-2"], "nothing of this is drawn from runs"),
        (["001-figure-99"], "unknown figure"),
        (["001-figure-5", "--small", "--eval-data", "nowhere"], "is not a folder"),
    ],
)
def test_bad_input_exits_with_2_and_makes_nothing(tmp_path, arguments, message):
    result = call(*arguments, "--runs", str(tmp_path / "runs"))
    assert result.exit_code == 2
    assert message in result.output
    assert not (tmp_path / "runs").exists()


def test_ctrl_c_exits_with_130_and_says_how_to_go_on(tmp_path, monkeypatch):
    stopping = Runs("without-gd", TrainingInterrupted("stopped", 2))
    monkeypatch.setattr("train.sweeps.runs.TrainingRuns", lambda: stopping)
    result = call("001-figure-5", "--small", "--runs", str(tmp_path))
    assert result.exit_code == 130
    assert "the same command goes on" in result.output
    assert (tmp_path / "001-figure-5-baseline" / "summary.json").is_file()


def test_without_any_finished_run_the_exit_code_is_1(tmp_path, monkeypatch):
    failing = Runs("001", DivergedError("the loss is not a number"))
    monkeypatch.setattr("train.sweeps.runs.TrainingRuns", lambda: failing)
    result = call("001-figure-7", "--small", "--runs", str(tmp_path))
    assert result.exit_code == 1
    assert "the loss is not a number" in result.output


def test_it_says_what_was_made_and_how_to_draw_it(tmp_path, monkeypatch):
    monkeypatch.setattr("train.sweeps.runs.TrainingRuns", Runs)
    result = call("001-figure-5", "--small", "--seeds", "2", "--runs", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert f"4 runs of 2 recipes in {tmp_path}, 0 failed." in result.output
    assert f"reports build 001-figure-5 --runs {tmp_path} --out OUT" in result.output
    summary = json.loads((tmp_path / "001-figure-5-baseline" / "summary.json").read_text())
    assert [row["seed"] for row in summary["rows"]] == [0, 1]


def test_every_recipe_can_be_made_scaled_down():
    items = [x for x in known().values() if x.recipes]
    for plan in planned(items):
        TrainingRuns().check(SMALL.options(plan))


@pytest.mark.slow
def test_one_command_makes_the_runs_and_another_draws_them(tmp_path):
    runs, out = tmp_path / "runs", tmp_path / "out"
    result = call("001-figure-7", "--small", "--runs", str(runs))
    assert result.exit_code == 0, result.output
    result = CliRunner().invoke(
        main, ["build", "001-figure-7", "--runs", str(runs), "--out", str(out)]
    )
    assert result.exit_code == 0, result.output
    lines = (runs / "001-figure-7-baseline" / "seed-0" / "metrics.jsonl").read_text().splitlines()
    measured = [x for x in map(json.loads, lines) if x["event"] == "measurement"]
    assert [x["step"] for x in measured] == list(range(0, 61, 6))
    wanted = measured[-1]["held_out"]["hardest_by_temperature"]
    with (out / "001-figure-7.csv").open() as file:
        drawn = {row["tau"]: row for row in csv.DictReader(file) if row["when"] == "after training"}
    assert set(drawn) == {f"{float(tau):.9g}" for tau in wanted}
    for tau, share in wanted.items():
        assert float(drawn[f"{float(tau):.9g}"]["mean_share"]) == pytest.approx(share, rel=1e-8)
    said = json.loads((out / "001-figure-7.json").read_text())["caption"]
    assert "Not the paper's setting" in said
    assert Path(out / "001-figure-7.png").stat().st_size > 10_000
