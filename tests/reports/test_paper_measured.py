"""001, Figures 7 to 9, and uniformity against tolerance: what was recorded is what is drawn."""

import json
from itertools import product

import numpy as np
import pytest
from scipy.stats import t

from reports.context import Context
from reports.errors import NeedsMeasurementsError, NeedsRunsError, RunRecordError
from reports.papers.measured import figure_7, figure_8, figure_9, uniformity_tolerance
from reports.papers.recipes import expanded
from reports.records import Records
from reports.svg import PAPER, styled
from tests.reports.made_up import STEPS, TAUS, angles, columns, offset, write_recipe

EIGHT = expanded(("001-figure-8",))
BY_TAU = expanded(("001-figure-6-tau",))


def context(root):
    return Context(records=Records(root))


def drawn(picture):
    with styled(PAPER):
        return picture.draw(PAPER)


def test_shares_before_and_after_by_temperature(tmp_path):
    recipe = "001-figure-7-baseline"
    write_recipe(tmp_path, recipe, seeds=2)
    (picture,) = figure_7(context(tmp_path))
    extra = [offset(recipe, seed) for seed in (0, 1)]
    half = t.ppf(0.975, 1) * np.std(extra, ddof=1) / np.sqrt(2)
    for when, step in (("before training", 0), ("after training", STEPS[-1])):
        for tau in TAUS:
            (row,) = columns(picture, when=when, tau=float(tau))
            wanted = 1 / (10 + 100 * float(tau)) * (1 + step / 10) + np.mean(extra)
            assert row["mean_share"] == pytest.approx(wanted)
            assert row["half_width"] == pytest.approx(half)
    assert picture.settings["negatives of a batch"] == 32
    lines = [x for x in drawn(picture).axes[0].lines if x.get_linestyle() in ("-", "--")]
    shown = sorted(y for x in lines if len(x.get_xdata()) == len(TAUS) for y in x.get_ydata())
    assert shown == pytest.approx(sorted(x["mean_share"] for x in columns(picture)))


@pytest.fixture
def eight(tmp_path):
    for recipe in EIGHT:
        write_recipe(tmp_path, recipe, seeds=2 if recipe == "001-figure-8-c-2" else 1)
    return {x.name: x for x in figure_8(context(tmp_path))}


def test_the_least_ratio_has_a_box_a_step_size_and_moment(eight):
    picture = eight["001-figure-8-a"]
    assert [(x["lambda"], x["when"]) for x in columns(picture)] == [
        (x, when) for x in (0.1, 0.5, 1.0) for when in ("before", "after")
    ]
    extra = offset("001-figure-8-a", 0)
    wanted = np.quantile(np.linspace(0.2, 1.4, 41) + STEPS[-1] / 200 + extra, [0.05, 0.5, 0.95])
    for row in columns(picture, when="after"):
        assert [row["q05"], row["median"], row["q95"]] == pytest.approx(wanted.tolist())
        assert (row["share_possible"], row["share_met_by_1"]) == (0.9, 0.6)
    texts = [x.get_text() for x in drawn(picture).axes[0].texts]
    assert texts.count("60% / 90%") == 6


def test_ratios_have_their_mean_and_quartiles_at_every_step(eight):
    picture = eight["001-figure-8-b"]
    kinds = {"mean R": 1.5, "R, lower quartile": 1.25, "R, upper quartile": 1.75}
    losses = {"MET": "001-figure-8-b-met", "ArcCon": "001-figure-8-b-arccon", "r = 1": EIGHT[0]}
    for (curve, recipe), (name, at), step in product(losses.items(), kinds.items(), STEPS):
        (row,) = columns(picture, quantity=name, curve=curve, step=step)
        assert row["value"] == pytest.approx(at + step / 100 + offset(recipe, 0))
    assert "Thin: each seed" not in picture.caption
    drawn(picture)


def test_bands_have_a_gap_where_a_run_has_no_ratio_and_are_of_all_seeds(tmp_path):
    for recipe in EIGHT:
        write_recipe(tmp_path, recipe, seeds=2)
    path = tmp_path / "001-figure-8-b-met" / "seed-1" / "metrics.jsonl"
    lines = [json.loads(x) for x in path.read_text().splitlines()]
    for line in lines:
        if line["event"] == "measurement" and line["step"] == STEPS[1]:
            line["held_out"]["ratio"] = None
    path.write_text("".join(json.dumps(x) + "\n" for x in lines))
    picture = figure_8(context(tmp_path))[1]
    assert "each the mean of the seeds' quartiles" in picture.caption
    assert "Thin: each seed; thick" in picture.caption
    areas = [
        [x.vertices[:, 0] for x in band.get_paths()] for band in drawn(picture).axes[0].collections
    ]
    covered = [any(x.min() < STEPS[1] < x.max() for x in band) for band in areas]
    assert covered == [False, True, True]


def test_the_cosine_of_the_positives_is_that_of_the_angles(eight):
    picture = eight["001-figure-8-c"]
    for step in STEPS:
        cosines = [np.cos(angles("001-figure-8-c-2", seed, step, "positive")).mean()
                   for seed in (0, 1)]  # fmt: skip
        for seed, wanted in ((0, cosines[0]), (1, cosines[1]), ("mean", np.mean(cosines))):
            (row,) = columns(picture, curve="r = 2", seed=seed, step=step)
            assert row["value"] == pytest.approx(wanted)
    lines = drawn(picture).axes[0].lines
    assert len(lines) == 4 + 2  # a mean a ratio, and two seeds of the last


def test_means_and_deviations_of_the_angles_along_training(tmp_path):
    recipe = "001-figure-9-baseline"
    write_recipe(tmp_path, recipe)
    (picture,) = figure_9(context(tmp_path))
    for kind in ("positive", "negative"):
        for step in STEPS:
            own = angles(recipe, 0, step, kind)
            (mean,) = columns(picture, quantity="mean angle [rad]", curve=f"θ {kind}", step=step)
            (spread,) = columns(picture, quantity="deviation [rad]", curve=f"θ {kind}", step=step)
            assert (mean["value"], spread["value"]) == pytest.approx((own.mean(), own.std()))
    assert "6 of 6 measured means lie inside the ranges." in picture.caption
    shown = {y for axes in drawn(picture).axes for line in axes.lines for y in line.get_ydata()}
    assert shown == {x["value"] for x in columns(picture)}  # the assumed lines too


@pytest.mark.parametrize("figure", [figure_8, figure_9])
def test_several_seeds_are_explained(tmp_path, figure):
    for recipe in (*EIGHT, "001-figure-9-baseline"):
        write_recipe(tmp_path, recipe, seeds=2)
    assert (
        "Thin: each seed; thick, with points: their mean" in figure(context(tmp_path))[-1].caption
    )


def test_without_labels_the_positives_stand_in_and_the_figure_says_so(tmp_path):
    for recipe in BY_TAU:
        write_recipe(tmp_path, recipe, folder=f"{recipe}-measured")
    (picture,) = uniformity_tolerance(context(tmp_path))
    assert "8 of 8 runs were not scored on labelled text, hence no tolerance" in picture.caption
    assert "tolerance" not in picture.data.columns
    for recipe, row in zip(BY_TAU, columns(picture), strict=True):
        assert row["tau"] == float(recipe.rpartition("-")[2])
        own = angles(recipe, 0, STEPS[-1], "positive")
        assert row["mean_cos_positive"] == pytest.approx(np.cos(own).mean())
        assert row["uniformity"] == pytest.approx(-1 - STEPS[-1] / 40 + offset(recipe, 0))
    assert "no classes" in drawn(picture).axes[0].get_xlabel()


def test_with_labels_the_tolerance_is_that_of_train_eval(tmp_path):
    for place, recipe in enumerate(BY_TAU):
        write_recipe(tmp_path, recipe, measured=False)
        found = {"tolerance": place / 10, "uniformity": -place / 5}
        record = {"tasks": {}, "diagnostics": found}
        (tmp_path / recipe / "seed-0" / "evaluation.json").write_text(json.dumps(record))
    (picture,) = uniformity_tolerance(context(tmp_path))
    assert [x["tolerance"] for x in columns(picture)] == [x / 10 for x in range(len(BY_TAU))]
    assert [x["uniformity"] for x in columns(picture)] == [-x / 5 for x in range(len(BY_TAU))]
    assert "TREC" in drawn(picture).axes[0].get_xlabel()


@pytest.mark.parametrize("figure", [figure_7, figure_8, figure_9, uniformity_tolerance])
def test_missing_runs_wait(tmp_path, figure):
    with pytest.raises(NeedsRunsError, match="reports record"):
        figure(context(tmp_path))


def test_runs_that_measured_nothing_wait_too(tmp_path):
    write_recipe(tmp_path, "001-figure-9-baseline", measured=False)
    with pytest.raises(NeedsMeasurementsError, match="001-figure-9-baseline"):
        figure_9(context(tmp_path))


def test_a_run_without_measurements_beside_others_is_named(tmp_path):
    recipe = "001-figure-9-baseline"
    write_recipe(tmp_path, recipe, seeds=3)
    path = tmp_path / recipe / "seed-1" / "metrics.jsonl"
    lines = [x for x in path.read_text().splitlines() if '"measurement"' not in x]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(RunRecordError, match=r"/seed-1: no measurement .* `reports record`"):
        figure_9(context(tmp_path))


def test_one_seed_beside_several_has_no_bar(tmp_path):
    for place, recipe in enumerate(BY_TAU):
        write_recipe(tmp_path, recipe, seeds=1 if place == 0 else 2)
    (picture,) = uniformity_tolerance(context(tmp_path))
    assert "over 1 to 2 seeds (none where there is one)" in picture.caption
    for bars, name in zip(
        drawn(picture).axes[0].collections, ("mean_cos_positive", "uniformity"), strict=True
    ):
        lengths = [np.ptp(x, axis=0).max() if len(x) else None for x in bars.get_segments()]
        halves = [x[f"{name}_half_width"] for x in columns(picture)]
        assert lengths[0] is halves[0] is None
        assert lengths[1:] == pytest.approx([2 * x for x in halves[1:]])
