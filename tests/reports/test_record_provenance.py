"""What a caption says of the runs behind a figure, and how measurements are read."""

import json
import math

import pytest

from reports.context import Context
from reports.curves import Curve, apart, curves_data
from reports.errors import NeedsMeasurementsError, NeedsRunsError, RunRecordError
from reports.measurements import Point, after, along, before, mean_along, value_of
from reports.plans import Planned, measured
from reports.provenance import provenance
from reports.recording import Request
from reports.records import Records
from tests.reports.made_up import STEPS, offset, sample, write_recipe
from train.measuring import MeasurementError
from train.recipes import recipes

RECIPE = "001-figure-7-baseline"
SETTINGS = recipes()[RECIPE].settings


def runs(root):
    return {RECIPE: Records(root).runs(RECIPE)}


def test_the_papers_setting_is_told_without_a_warning(tmp_path):
    write_recipe(tmp_path, RECIPE, seeds=3)
    made = provenance(runs(tmp_path))
    assert not made.scaled
    assert made.sentences == (
        "3 training runs: encoder bert-base-uncased; text a made-up text, 1,234 rows; 40 steps of "
        "33 rows; seed 0, 1 or 2."
    )
    assert made.settings["runs of 001-figure-7-baseline"] == "seed-0, seed-1, seed-2"


def test_every_difference_from_the_recipe_is_told(tmp_path):
    options = Request(small=True).options(Planned(RECIPE, measured=True))
    write_recipe(tmp_path, RECIPE, **options)
    made = provenance(runs(tmp_path))
    assert made.scaled
    for told in ("encoder a small new BERT (bert-base-uncased)", "sentences 4,000 (all)",
                 "steps 60 (one epoch)", "batch size 32 (128)", "lr 0.001 (1e-05)",
                 "Not the paper's setting"):  # fmt: skip
        assert told in made.sentences
    assert made.settings["pooling"] == "the encoder's (recipe: cls)"


def test_held_out_text_alone_is_told_and_is_no_scaling_down(tmp_path):
    recipe = "003-table-2-cl"
    options = Planned(recipe, measured=True).options(small=False)
    write_recipe(tmp_path, recipe, folder=f"{recipe}-measured", **options)
    made = provenance(measured(Records(tmp_path), [recipe]))
    assert not made.scaled
    assert "In brackets what the recipes have: held out 0.1 (0)." in made.sentences


def test_an_unfinished_run_is_told(tmp_path):
    write_recipe(tmp_path, RECIPE, after=None)
    assert "1 of 1 runs are not finished." in provenance(runs(tmp_path)).sentences


@pytest.mark.parametrize("other", [{"loss": "infonce"}, {"settings": {"m": "0.5"}}])
def test_a_run_of_another_loss_in_a_recipes_folder_is_refused(tmp_path, other):
    write_recipe(tmp_path, RECIPE, **other)
    with pytest.raises(RunRecordError, match="not of the recipe 001-figure-7-baseline"):
        provenance(runs(tmp_path))


def test_the_same_number_written_otherwise_is_the_recipes_loss(tmp_path):
    write_recipe(tmp_path, RECIPE, settings={x: str(float(y)) for x, y in SETTINGS.items()})
    assert SETTINGS["m"] == "0.30"
    assert not provenance(runs(tmp_path)).scaled


def test_what_only_some_runs_deviate_in_is_told(tmp_path):
    write_recipe(tmp_path, RECIPE, seeds=3)
    path = tmp_path / RECIPE / "seed-1" / "config.json"
    config = json.loads(path.read_text())
    config["options"]["max_sentences"] = 99
    path.write_text(json.dumps(config))
    made = provenance(runs(tmp_path))
    assert "sentences 99 (all) in 1 of 3 runs." in made.sentences
    assert made.settings["sentences"] == "99 (recipe: all) in 1 of 3 runs"


def test_the_folder_made_to_be_measured_is_told(tmp_path):
    recipe = "003-table-2-cl"
    write_recipe(tmp_path, recipe, folder=f"{recipe}-measured")
    made = provenance(measured(Records(tmp_path), [recipe]))
    assert made.settings[f"runs of {recipe}"] == "003-table-2-cl-measured/seed-0"


@pytest.mark.parametrize("corpus", [None, "x", {"name": [], "rows": []}])
def test_a_text_of_which_nothing_is_known_is_no_error(tmp_path, corpus):
    write_recipe(tmp_path, RECIPE)
    path = tmp_path / RECIPE / "seed-0" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"corpus": corpus}))
    assert "1 training run:" in provenance(runs(tmp_path)).sentences


def changed(root, change):
    """The metrics of a made-up run, its records as the function leaves them (None: left out)."""
    write_recipe(root, RECIPE)
    path = root / RECIPE / "seed-0" / "metrics.jsonl"
    kept = [change(json.loads(x)) for x in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(x) + "\n" for x in kept if x is not None))
    return runs(root)[RECIPE]


@pytest.mark.parametrize(
    ("keys", "told"),
    [(("angles",), "angles"), (("angles", "negative", "mean"), r"angles\.negative\.mean"),
     (("gap", "mean_negative"), r"gap\.mean_negative"), (("L_cl",), "L_cl")],
)  # fmt: skip
def test_a_measurement_that_lacks_something_is_refused(tmp_path, keys, told):
    def drop(record):
        part = record.get("held_out")
        for key in keys[:-1] if part else ():
            part = part[key]
        if part:
            del part[keys[-1]]
        return record

    found = changed(tmp_path, drop)
    for read in (lambda: along(found, value_of("own")), lambda: after(found[0])):
        with pytest.raises(RunRecordError, match=f"at step .* lacks {told}"):
            read()


@pytest.mark.parametrize(
    ("keys", "value", "told"),
    [(("angles", "positive", "mean"), "x", r"angles\.positive\.mean = 'x', no finite number"),
     (("angles", "positive", "mean"), math.nan, "mean = nan, no finite number"),
     (("angles", "positive", "histogram"), [1], r"histogram = \[1\], no list of 64"),
     (("angles", "negative", "n"), -1, r"n = -1, no count"),
     (("L_uniform",), True, "L_uniform = True, no finite number"),
     (("lemma_1",), None, "lemma_1 = null, no list"),
     (("lemma_1",), [1], r"lemma_1\[0\] = 1, no object"),
     (("hardest_by_temperature", "0.05"), None, r"hardest_by_temperature\.0\.05 = null"),
     (("ratio",), "x", "ratio = 'x', no object")],
)  # fmt: skip
def test_a_measurement_with_a_wrong_value_is_refused(tmp_path, keys, value, told):
    def spoil(record):
        part = record.get("held_out")
        for key in keys[:-1] if part else ():
            part = part[key]
        if part:
            part[keys[-1]] = value
        return record

    found = changed(tmp_path, spoil)
    with pytest.raises(RunRecordError, match=f"at step .* has .*{told}"):
        after(found[0])


@pytest.mark.parametrize(("last", "refused"), [(20, True), (40, False)])
def test_after_training_is_of_a_run_at_its_end(tmp_path, last, refused):
    def cut(record):
        late = record["event"] == "finished" or record["step"] > last
        return None if late else record

    (run,) = changed(tmp_path, cut)
    assert not run.finished
    if refused:
        with pytest.raises(RunRecordError, match="last measured at step 20 of 40"):
            after(run)
    else:
        assert after(run) == sample(RECIPE, 0, 40, 0.0)


def test_missing_and_unmeasured_runs_wait(tmp_path):
    with pytest.raises(NeedsRunsError, match=RECIPE):
        measured(Records(tmp_path), [RECIPE])
    write_recipe(tmp_path, RECIPE, measured=False)
    with pytest.raises(NeedsMeasurementsError, match=r"hold none\. Make them"):
        measured(Context(records=Records(tmp_path)).records, [RECIPE])


def test_runs_made_to_be_measured_go_before_those_as_the_recipe_has_them(tmp_path):
    recipe = "003-table-2-cl"
    write_recipe(tmp_path, recipe, measured=False)
    write_recipe(tmp_path, recipe, folder=f"{recipe}-measured")
    (found,) = measured(Records(tmp_path), [recipe])[recipe]
    assert found.path.endswith("003-table-2-cl-measured/seed-0")


def test_first_and_last_measurement_and_the_points_between(tmp_path):
    write_recipe(tmp_path, RECIPE, seeds=2)
    some = runs(tmp_path)[RECIPE]
    assert before(some[0]) == sample(RECIPE, 0, 0, 0.0)
    assert after(some[1], "train") == sample(RECIPE, 1, STEPS[-1], -0.125)
    points = along(some, value_of("L_cl"))
    assert points == tuple(
        Point(s, t, 2.0 - t / 40 + offset(RECIPE, s)) for s in (0, 1) for t in STEPS
    )


def test_a_run_that_was_not_measured_before_the_first_step_is_refused(tmp_path):
    write_recipe(tmp_path, RECIPE)
    path = tmp_path / RECIPE / "seed-0" / "metrics.jsonl"
    lines = [x for x in path.read_text().splitlines() if '"step": 0,' not in x]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(RunRecordError, match="before the first step"):
        before(runs(tmp_path)[RECIPE][0])


def test_measurements_of_another_version_are_refused(tmp_path):
    write_recipe(tmp_path, RECIPE)
    path = tmp_path / RECIPE / "seed-0" / "metrics.jsonl"
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 2'))
    with pytest.raises(MeasurementError, match="schema 2"):
        measured(Records(tmp_path), [RECIPE])


def test_a_mean_is_over_the_steps_that_every_seed_has():
    points = [Point(0, 0, 1.0), Point(0, 10, 2.0), Point(1, 0, 3.0), Point(1, 20, 9.0)]
    assert mean_along(points) == [(0, 2.0)]
    assert mean_along([Point(0, 0, None), Point(1, 0, 3.0)]) == [(0, None)]


def test_curves_data_has_every_seed_and_the_mean_that_is_drawn():
    curve = Curve("a", [Point(0, 0, 1.0), Point(1, 0, 2.0)])
    rows = list(curves_data({"q": [curve]}).rows())
    assert rows == [("q", "a", 0, 0, 1.0), ("q", "a", 1, 0, 2.0), ("q", "a", "mean", 0, 1.5)]


@pytest.mark.parametrize(
    ("places", "wanted"),
    [
        ([0.0, 0.5], [0.0, 0.5]),
        ([0.4, 0.4], [0.35, 0.45]),
        ([0.4, 0.4, 0.4, 0.9], [0.3, 0.4, 0.5, 0.9]),
        ([0.9, 1.0, 1.0], [0.8, 0.9, 1.0]),
        ([], []),
    ],
)
def test_labels_are_moved_apart_as_little_as_need_be(places, wanted):
    assert apart(places, 0.1) == pytest.approx(wanted)
