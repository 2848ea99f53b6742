"""Run folders, whole and damaged."""

import json
from pathlib import Path

import pytest

from reports.errors import RunRecordError
from reports.runs import Step, read_run, settings_of
from reports.sections.runs import run_section
from tests.reports.conftest import records, write_run
from train.folder import RunFolder


def test_a_finished_run_is_read_whole(run_folder):
    run = read_run(run_folder)
    assert run.loss == "mvicreg"
    assert run.steps[0] == Step(10, 2.0)
    assert [x.step for x in run.steps] == [10, 20, 30, 40]
    assert run.scores("before") == {"MRR": 0.25, "<ρ>": 0.5}
    assert run.scores("after") == {"MRR": 0.75, "<ρ>": 0.4}
    assert run.notes == ()


def test_what_train_writes_is_read(tmp_path):
    folder = RunFolder.create(tmp_path / "run")
    folder.write_config({"options": {"loss": "mpt"}})
    folder.append({"event": "step", "step": 1, "loss": 0.5})
    run = read_run(folder.path)
    assert (run.loss, run.steps) == ("mpt", (Step(1, 0.5),))


def test_the_section_shows_changes_and_settings(run_folder):
    section = run_section(read_run(run_folder), 1)
    assert [(x.name, x.before, x.after, x.change) for x in section.scores] == [
        ("MRR", "0.2500", "0.7500", "+0.5000"),
        ("<ρ>", "0.5000", "0.4000", "−0.1000"),
    ]
    settings = dict(settings_of(read_run(run_folder)))
    assert settings["hyper-parameters"] == "r = 1.5"
    assert settings["peak learning rate"] == "0.001"
    assert settings["text"] == "a made-up text, 1,234 rows; two translations"
    assert section.surrogate
    assert 'aria-label="Training loss of mvicreg over 4 records' in section.curve


def test_a_line_cut_short_is_a_note(tmp_path):
    lines = [*records()[:3], records()[3][:20]]
    run = read_run(write_run(tmp_path / "run", lines=lines))
    assert [x.step for x in run.steps] == [10, 20]
    assert run.notes[0].startswith("Line 4 of metrics.jsonl is damaged")
    assert "cut it short" in run.notes[0]
    assert "not finished" in run.notes[1]


@pytest.mark.parametrize(
    "line",
    [
        "{}", "3", "[]", "not json", '{"event": "step", "step": 5}',
        '{"event": "step", "step": "x", "loss": 1}',
        '{"event": "evaluation", "when": "after", "step": 5, "scores": {"MRR": "high"}}',
        '{"event": "evaluation", "when": "after", "step": 5, "scores": 1}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_record_is_a_note(tmp_path, line):
    lines = records()
    lines.insert(2, line)
    run = read_run(write_run(tmp_path / "run", lines=lines))
    assert len(run.steps) == 4
    assert run.notes == ("Line 3 of metrics.jsonl is damaged and left out.",)


def test_a_loss_that_was_no_number_is_a_gap_and_a_note(tmp_path):
    lines = [
        json.dumps({"event": "step", "step": n, "loss": x})
        for n, x in enumerate([1.0, float("nan")])
    ]
    run = read_run(write_run(tmp_path / "run", lines=lines))
    assert "not finite" in run.notes[1]
    assert run_section(run, 1).curve


def test_a_step_recorded_twice_counts_once(tmp_path):
    again = json.dumps({"event": "step", "step": 20, "loss": 9.0})
    run = read_run(write_run(tmp_path / "run", lines=[*records(), again]))
    assert [x.loss for x in run.steps if x.step == 20] == [9.0]


def test_a_run_without_records_says_so(tmp_path):
    folder = write_run(tmp_path / "run")
    (folder / "metrics.jsonl").unlink()
    run = read_run(folder)
    assert run.notes[0].startswith("There is no metrics.jsonl")
    section = run_section(run, 1)
    assert section.curve is None
    assert section.scores == ()


def test_an_undefined_score_is_shown_as_such(tmp_path):
    scores = {"MRR": 0.5, "ρ": None}
    lines = records()
    lines[-2] = json.dumps({"event": "evaluation", "when": "after", "step": 40, "scores": scores})
    run = read_run(write_run(tmp_path / "run", lines=lines))
    assert run.notes == (
        "Some scores are undefined: every pair of sentences had the same similarity.",
    )
    shown = {x.name: (x.before, x.after, x.change) for x in run_section(run, 1).scores}
    assert shown["ρ"] == ("–", "undefined", "–")


@pytest.mark.parametrize("corpus", [{"rows": "x"}, {"rows": None}, {"rows": []}])
def test_a_text_without_a_number_of_rows_is_a_note(tmp_path, corpus):
    folder = write_run(tmp_path / "run")
    (folder / "config.json").write_text(json.dumps({"options": {"loss": "mpt"}, "corpus": corpus}))
    run = read_run(folder)
    assert "the number of rows of the text is no number" in run.notes[0]
    assert "an unknown number of rows" in dict(settings_of(run))["text"]


@pytest.mark.parametrize("corpus", [None, "x", 3])
def test_a_text_that_is_no_object_is_left_out(tmp_path, corpus):
    folder = write_run(tmp_path / "run")
    (folder / "config.json").write_text(json.dumps({"options": {"loss": "mpt"}, "corpus": corpus}))
    assert "text" not in dict(settings_of(read_run(folder)))


def test_a_configuration_without_details_is_enough(tmp_path):
    folder = write_run(tmp_path / "run", loss="a-loss-of-their-own")
    (folder / "config.json").write_text('{"options": {"loss": "a-loss-of-their-own"}}')
    section = run_section(read_run(folder), 1)
    assert section.loss == "a-loss-of-their-own"
    assert not section.surrogate


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (None, "holds no config.json"),
        ("{", "cannot be read"),
        ("[]", "names no loss"),
        ('{"options": {}}', "names no loss"),
    ],
)
def test_what_is_no_run_folder_is_refused(tmp_path, config, reason):
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    with pytest.raises(RunRecordError, match=reason):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ("part", "change", "reason"),
    [
        ("options", {"tempo": 3}, "unexpected keyword argument 'tempo'"),
        ("options", {"settings": None}, "settings is None, no object"),
        ("options", {"overrides": ["lr"]}, "overrides is"),
        ("options", {"overrides": {"tempo": 3}}, "no such setting"),
        ("options", {"seed": "x"}, "seed is 'x', no whole number"),
        ("options", {"seed": -1}, "--seed -1 is too small"),
        ("options", {"model": 3}, "model is 3, no text"),
        ("options", {"max_sentences": "many"}, "not supported"),
        ("options", {"protocol": []}, "unhashable"),
        (None, {"schedule": None}, "schedule is None, no object"),
        ("schedule", {"steps": []}, r"steps of the schedule is \[\], no single value"),
    ],
)
def test_a_damaged_configuration_is_refused(run_folder, part, change, reason):
    path = run_folder / "config.json"
    config = json.loads(path.read_text())
    (config if part is None else config[part]).update(change)
    path.write_text(json.dumps(config))
    with pytest.raises(RunRecordError, match=f"damaged, or of another version: .*{reason}"):
        read_run(run_folder)


def test_metrics_that_cannot_be_read_are_told(run_folder, monkeypatch):
    read = Path.read_text

    def fail(path, *args, **options):
        if path.name == "metrics.jsonl":
            raise PermissionError(13, "Permission denied")
        return read(path, *args, **options)

    monkeypatch.setattr(Path, "read_text", fail)
    with pytest.raises(RunRecordError, match=r"metrics\.jsonl cannot be read .*Permission denied"):
        read_run(run_folder)


def test_metrics_without_a_whole_line_are_refused(tmp_path):
    with pytest.raises(RunRecordError, match=r"metrics\.jsonl: none of its 3 lines can be read"):
        read_run(write_run(tmp_path / "run", lines=["\x00", "{", "x"]))


def test_metrics_that_are_a_folder_are_refused(tmp_path):
    folder = write_run(tmp_path / "run")
    (folder / "metrics.jsonl").unlink()
    (folder / "metrics.jsonl").mkdir()
    with pytest.raises(RunRecordError, match=r"metrics\.jsonl cannot be read"):
        read_run(folder)


@pytest.mark.parametrize("score", ["NaN", "1e400", "true", '"x"'])
def test_a_score_that_is_no_number_is_a_damaged_line(tmp_path, score):
    lines = records()
    lines[-2] = (
        f'{{"event": "evaluation", "when": "after", "step": 40, "scores": {{"ρ": {score}}}}}'
    )
    run = read_run(write_run(tmp_path / "run", lines=lines))
    assert run.scores("after") is None
    assert f"Line {len(lines) - 1} of metrics.jsonl is damaged and left out." in run.notes


@pytest.mark.parametrize("part", ["held_out", "train"])
def test_a_measurement_without_a_sample_is_refused(tmp_path, part):
    record = {"event": "measurement", "schema": 1, "step": 5, "held_out": None, "train": None}
    del record[part]
    run = read_run(write_run(tmp_path / "run", lines=[*records(), json.dumps(record)]))
    with pytest.raises(RunRecordError, match="at step 5 lacks its samples"):
        assert run.measurements


def test_a_path_that_is_no_folder_is_refused(tmp_path):
    with pytest.raises(RunRecordError, match="is not a folder"):
        read_run(tmp_path / "missing")
