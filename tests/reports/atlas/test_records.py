"""What the atlas reads: results of `make bench`, and training runs."""

import json

import pytest

from reports.atlas.bench import read_benchmarks
from reports.atlas.results_page import group
from reports.errors import ReportError
from reports.runs import Evaluation, Run


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
