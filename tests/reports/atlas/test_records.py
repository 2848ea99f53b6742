"""What the atlas reads: results of `make bench`, and training runs."""

import json
from pathlib import Path

import pytest

from reports.atlas.bench import read_benchmarks
from reports.atlas.request import Request
from reports.atlas.results_page import group, groups_of
from reports.errors import ReportError, RunRecordError
from reports.runs import Evaluation, Run
from tests.reports.conftest import write_run


def test_benchmarks_are_read_and_other_files_refused(tmp_path):
    cell = {"loss": [0.02, 0.01, 0.03], "products": [0.01, 0.02, 0.01]}
    about = {
        "machine": {"cpu": "C", "threads": 2}, "versions": {"torch": "2"}, "features": 8,
        "commit": "abc", "date": "2026-01-01",
    }  # fmt: skip
    file = tmp_path / "results.json"
    cells = {"targets/mpt/2048": cell, "targets/mpt/512": cell, "time/other/512": cell}
    file.write_text(json.dumps({"about": about, "cells": cells}))
    found = read_benchmarks(file)
    assert [x.n for x in found.timings["mpt"]] == [512, 2048]
    assert found.timings["mpt"][0].milliseconds == pytest.approx(20)
    assert found.timings["mpt"][0].ratio == pytest.approx(2)
    assert "C, 2 threads" in found.about
    assert read_benchmarks(tmp_path / "none.json").timings == {}
    file.write_text('{"cells": {"targets/mpt/512": {"loss": "x"}}}')
    with pytest.raises(ReportError, match="make bench"):
        read_benchmarks(file)
    timeless = {"targets/mpt/512": {"loss": [1.0], "products": [0.0]}}
    file.write_text(json.dumps({"about": about, "cells": timeless}))
    with pytest.raises(ReportError, match="make bench"):
        read_benchmarks(file)


def test_scores_of_several_seeds_have_an_interval():
    config = {"options": {"loss": "mpt", "seed": 0}}

    def run(score):
        after = Evaluation("after", 9, {"MRR": score, "<ρ>": None if score > 0.5 else 0.1})
        return Run("runs/x", "mpt", config, (), (after,), ())

    found = group("recipe", [run(0.4), run(0.6)])
    by_name = {x.name: x for x in found.scores}
    # t of 97.5 % and 1 degree of freedom is 12.7062; s/√2 = 0.1
    assert by_name["MRR"].after == "0.5000 ± 1.2706"
    assert by_name["MRR"].before == "–"
    assert by_name["<ρ>"].after == "undefined in 1 of 2"


def made(seed, scores, *, loss="mpt", steps=9, device="cpu"):
    config = {
        "options": {"loss": loss, "seed": seed}, "schedule": {"steps": steps}, "device": device,
    }  # fmt: skip
    return Run(f"runs/x/{seed}", loss, config, (), (Evaluation("after", 9, scores),), ())


def test_a_mean_says_of_how_many_seeds_it_is_and_leaves_out_no_number():
    found = group("x", [made(0, {"MRR": 0.4, "R": 1.0}), made(1, {"R": float("nan")}), made(2, {})])
    by_name = {x.name: x.after for x in found.scores}
    assert by_name["MRR"] == "0.4000 (one seed: no interval), 1 of 3 seeds"
    assert by_name["R"] == "undefined in 1 of 2"


def test_runs_that_differ_in_more_than_their_seeds_have_no_mean():
    with pytest.raises(RunRecordError, match=r"loss: mpt in runs/x/0, dcl in runs/x/1"):
        group("x", [made(0, {}), made(1, {}, loss="dcl")])
    with pytest.raises(RunRecordError, match="steps: 9 in"):
        group("x", [made(0, {}), made(1, {}, steps=10)])
    found = group("x", [made(0, {}), made(1, {}, device="cuda")])
    assert dict(found.settings)["device"] == "cpu; cuda"


def test_a_run_is_called_after_its_folder_wherever_one_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(write_run(tmp_path / "first", loss="mpt"))
    assert [x.title for x in groups_of(Request(runs=(Path(),)))] == ["first"]
