"""What is read and computed of runs that are compared, against numbers worked out by hand."""

import json

import numpy as np
import pytest
from scipy.stats import ttest_ind

from reports.comparison.comparison import compare
from reports.comparison.curves import GROUPS, Curve, mean_of, number_at, panels, score_panels
from reports.comparison.scores import difference, said, scored
from reports.comparison.settings import differences
from reports.comparison.sparkline import sparkline
from reports.comparison.subject import labels_of, read_subjects
from reports.comparison.tables import scores_table, settings_table
from reports.errors import ReportError, RunRecordError
from tests.reports.compared import lines, measurement, run, seeds


@pytest.fixture
def subjects(tmp_path):
    return read_subjects([seeds(tmp_path / "a", [0.0, 0.2]), run(tmp_path / "b", 0.1, loss="met")])


def panel_of(subjects, group, key, sample=None):
    found = panels(next(x for x in GROUPS if x.name == group), subjects)
    return next(x for x in found if x.quantity.key == key and x.sample == (sample or x.sample))


def test_curves_are_the_recorded_numbers(subjects):
    panel = panel_of(subjects, "dissipation", "GD_mean")
    assert panel.sample == "held_out"
    assert [(x.subject, x.seed, x.steps) for x in panel.curves] == [
        (0, "0", (0, 20, 40)), (0, "1", (0, 20, 40)), (1, "0", (0, 20, 40)),
    ]  # fmt: skip
    assert panel.curves[1].values == pytest.approx((1.1, 0.9, 0.7))
    assert panel_of(subjects, "dissipation", "active").curves[2].values[0] == pytest.approx(0.5)
    assert panel_of(subjects, "overfitting", "L_cl", "train").curves[0].values[0] == pytest.approx(
        0.9 + 10 + 3
    )
    assert panel_of(subjects, "angles", "negative_std").curves[0].values[2] == pytest.approx(0.07)


def test_what_does_not_exist_has_no_panel_and_a_null_is_a_gap(tmp_path, subjects):
    keys = {x.quantity.key for group in GROUPS for x in panels(group, subjects)}
    assert "pull" in keys
    assert not keys & {"ratio", "pull_tangential"}
    record = json.loads(measurement(20, 0.5))
    record["held_out"]["dissipation"] = None
    text = [*lines(0.0)[:-1], json.dumps(record)]  # the step measured again: the later one counts
    found = read_subjects([run(tmp_path / "c", lines=text), run(tmp_path / "d")])
    assert panel_of(found, "dissipation", "GD_mean").curves[0].values == (
        pytest.approx(0.9), None, pytest.approx(0.5),
    )  # fmt: skip


def test_one_kind_of_text_for_all(tmp_path):
    found = read_subjects([run(tmp_path / "a"), run(tmp_path / "b", held_out=False)])
    assert panel_of(found, "dissipation", "GD_mean").sample == "train"
    both = panels(next(x for x in GROUPS if x.both), found)
    assert [(x.sample, len(x.curves)) for x in both[:2]] == [("held_out", 1), ("train", 2)]


@pytest.mark.parametrize("value", [None, True, "1", float("nan"), float("inf"), {}])
def test_only_finite_numbers_are_values(value):
    assert number_at({"a": {"b": value}}, ("a", "b")) is None
    assert number_at(None, ("a",)) is None
    assert number_at({"a": {"b": 2}}, ("a", "b")) == 2.0


def test_the_mean_over_seeds_needs_all_of_them():
    one = Curve(0, "0", (0, 10, 20), (1.0, None, 3.0))
    other = Curve(0, "1", (0, 20, 30), (3.0, 4.0, 9.0))
    steps, values = mean_of([one, other])
    assert (steps, values) == ([0, 20], [2.0, 3.5])
    _, values = mean_of([one, Curve(0, "1", (0, 10), (3.0, 2.0))])
    assert values[0] == 2.0
    assert np.isnan(values[1])


def test_losses_of_different_kinds_have_axes_of_their_own(tmp_path, subjects):
    compared = compare([tmp_path / "a", tmp_path / "b"])
    plot = compared.plots[0]
    assert [x.quantity.label for x in plot.panels] == ["loss of a", "loss of b"]
    assert "cannot be held against each other" in plot.caption
    assert plot.panels[0].curves[1].values == pytest.approx((2.2, 1.2, 2 / 3 + 0.2, 0.7))
    run(tmp_path / "c")
    assert len(compare([tmp_path / "a", tmp_path / "c"]).plots[0].panels) == 1


def test_the_kept_encoders_score_is_not_one_of_the_last_step(tmp_path):
    path = run(tmp_path / "best")
    config = json.loads((path / "config.json").read_text())
    config["schedule"]["keep_best"] = True
    (path / "config.json").write_text(json.dumps(config))
    best, plain = score_panels(read_subjects([path, run(tmp_path / "plain")]))[0].curves
    assert (best.steps, plain.steps) == ((0, 20), (0, 20, 40))


def test_scores_have_their_intervals_and_differences(subjects):
    (score,) = scored(subjects)
    first, second = score.finals
    assert first.after.mean == pytest.approx(0.8)
    assert first.after.half_width == pytest.approx(12.7062047 * 0.1)  # t of one degree, s/√2 = .1
    assert second.after.half_width is None
    assert first.difference is None
    assert second.difference.mean == pytest.approx(0.0)
    assert said(second.difference, sign=True) in ("+0.0000", "−0.0000")
    assert said(first.before) == "0.6000 ± 1.2706"


def test_a_difference_has_welchs_interval():
    a, b = [0.71, 0.74, 0.69], [0.60, 0.66, 0.61, 0.63]
    expected = ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    found = difference(a, b)
    assert found.mean - found.half_width == pytest.approx(expected.low)
    assert found.mean + found.half_width == pytest.approx(expected.high)
    assert difference([1.0, 1.0], [1.0, 1.0]).half_width == 0.0


def test_a_difference_beyond_its_interval_is_marked(tmp_path):
    good, bad = seeds(tmp_path / "a", [0.1, 0.11, 0.12]), seeds(tmp_path / "b", [0, 0.01, 0.02])
    table = scores_table(compare([bad, good]))
    assert [row[4].mark for row in table.rows] == ["", "apart"]
    assert table.rows[1][4].text == "+0.1000 ± 0.0227"
    table = scores_table(compare([bad, run(tmp_path / "c")]))
    assert table.rows[1][4].mark == ""


def test_the_settings_that_differ_are_told_and_no_others(tmp_path):
    one, other = run(tmp_path / "one"), run(tmp_path / "other", loss="met", seed=3)
    config = json.loads((other / "config.json").read_text())
    config["schedule"]["lr"] = 0.002
    config["options"]["model"] = "/somewhere/encoder"
    (other / "config.json").write_text(json.dumps(config))
    found, shared = differences(read_subjects([one, other]))
    assert found == {
        "loss": ["mpt", "met"],
        "encoder": ["a small BERT, randomly initialised", "encoder (/somewhere/encoder)"],
        "setting: lr": ["0.001", "0.002"],
    }
    assert shared > 5
    table = settings_table(compare([one, other]))
    assert [x.text for x in table.rows[0]] == ["seeds", "0", "3"]
    assert table.data.columns["other"][1:] == [row[1] for row in found.values()]


def test_labels_are_the_shortest_ends_that_differ(tmp_path):
    assert labels_of([tmp_path / "x" / "run", tmp_path / "y" / "run"]) == ["x/run", "y/run"]
    assert labels_of([tmp_path / "a", tmp_path / "b"]) == ["a", "b"]


def test_an_unfinished_and_a_damaged_run_are_notes(tmp_path):
    text = [*lines(0.0)[:5], '{"event": "st']
    other = json.dumps({"event": "measurement", "step": 0, "schema": 99})
    found = read_subjects(
        [run(tmp_path / "cut", lines=text), run(tmp_path / "new", lines=[*lines(0.0), other])]
    )
    notes = "\n".join(found[0].notes)
    assert "not finished" in notes
    assert "Line 6 of metrics.jsonl is damaged" in notes
    assert "schema 99" in found[1].notes[0]
    assert found[1].members[0].measurements == ()
    assert scored(found)[0].finals[0].after is None


def test_what_is_not_recorded_is_said(tmp_path):
    bare = [json.dumps({"event": "finished", "step": 40})]
    compared = compare([run(tmp_path / "a", lines=bare), run(tmp_path / "b", lines=bare)])
    assert compared.plots == ()
    assert any("a, b: nothing was measured" in x for x in compared.absent)
    assert len(compared.absent) == 3


def test_bad_input_says_what_to_do(tmp_path):
    one = seeds(tmp_path / "one", [0.0])
    (tmp_path / "empty").mkdir()
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "summary.json").write_text("{}")
    with pytest.raises(ReportError, match="there is none given"):
        read_subjects([])
    with pytest.raises(ReportError, match="there is 1 given"):
        read_subjects([one])
    with pytest.raises(ReportError, match="compared with itself"):
        read_subjects([one, tmp_path / "empty" / ".." / "one"])
    with pytest.raises(ReportError, match="compared with itself"):
        read_subjects([one, one / "seed-0"])
    with pytest.raises(RunRecordError, match="holds neither"):
        read_subjects([one, tmp_path / "empty"])
    with pytest.raises(RunRecordError, match="is no folder"):
        read_subjects([one, tmp_path / "nowhere"])
    with pytest.raises(RunRecordError, match="none of its runs was begun"):
        read_subjects([one, tmp_path / "begun"])
    with pytest.raises(ReportError, match="more than 8"):
        compare([one] * 9)


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([7, None, 0], "█ ▁"),
        ([2, 2], "▁▁"),
    ],
)
def test_a_sparkline_is_to_scale(values, line):
    known = [x for x in values if x is not None]
    assert sparkline(values, (min(known), max(known))) == line


def test_a_long_sparkline_picks_values_and_keeps_the_ends():
    values = [0.0] * 100
    values[0], values[99], values[50] = 7.0, 7.0, 7.0
    line = sparkline(values, (0, 7), 10)
    assert line == "█▁▁▁▁▁▁▁▁█"  # step 50 is not picked: no smoothing
