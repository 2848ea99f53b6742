"""003, Figures 1 and 3: both samples of each run, the places of the losses and their gaps."""

import json

import pytest

from reports.context import Context
from reports.errors import NeedsRunsError
from reports.papers.overfitting import figure_1, figure_3
from reports.papers.recipes import expanded
from reports.records import Records
from reports.svg import PAPER, styled
from tests.reports.made_up import SCORE, STEPS, columns, write_recipe
from train.senteval.record import SCHEMA

LOSSES = expanded(("003-table-2",))
NAMES = ["cl", "a&u", "dcl", "dcl+", "mpt", "met", "mat"]  # as 003 has them, in the recipes' order
MARGINS = expanded(("003-figure-3",))


@pytest.fixture
def root(tmp_path):
    for place, recipe in enumerate(LOSSES):
        write_recipe(tmp_path, recipe, folder=f"{recipe}-measured", after=0.5 + place / 20)
    for place, recipe in enumerate(MARGINS):
        write_recipe(tmp_path, recipe, seeds=2, after=0.4 + place / 20)
    return tmp_path


def made(figure, root):
    return {x.name: x for x in figure(Context(records=Records(root)))}


def drawn(picture):
    with styled(PAPER):
        return picture.draw(PAPER)


def test_every_loss_has_a_place_and_a_score(root):
    picture = made(figure_1, root)["003-figure-1-a"]
    assert [x["loss"] for x in columns(picture)] == NAMES
    for place, row in enumerate(columns(picture)):
        assert row["L_uniform"] == pytest.approx(-1 - STEPS[-1] / 40)
        assert row["score_per_cent"] == pytest.approx(50 + 5 * place)
    assert picture.settings["score"] == SCORE
    assert drawn(picture).axes[1].get_ylabel() == f"{SCORE} [%]"


def test_both_samples_of_each_loss_are_drawn(root):
    picture = made(figure_1, root)["003-figure-1-b-d"]
    for loss in ("cl", "a&u", "dcl"):
        for step in STEPS:
            for curve, shift in (("trained on", -0.125), ("held out", 0.0)):
                (row,) = columns(
                    picture, quantity=f"trained with {loss}: L_cl", curve=curve, step=step
                )
                assert row["value"] == pytest.approx(2 - step / 40 + shift)
    axes = drawn(picture).axes
    assert len(axes) == 9
    assert [x.get_title() for x in axes[:3]] == [f"trained with {x}" for x in ("cl", "a&u", "dcl")]
    shown = sorted(y for x in axes for line in x.lines for y in line.get_ydata())
    assert shown == pytest.approx(sorted(x["value"] for x in columns(picture)))


def test_the_margins_have_their_gaps_scores_and_curves(root):
    found = made(figure_3, root)
    rows = columns(found["003-figure-3-a"])
    assert [x["margin"] for x in rows] == ["m = 0.10", "m = 0.23", "m = 0.80"]
    for place, row in enumerate(rows):
        assert row["d_ij"] == pytest.approx(0.15 + STEPS[-1] / 100)  # mean of .1 and .2, and steps
        assert row["score_per_cent"] == pytest.approx(45 + 5 * place)
        assert row["seeds"] == 2
    grid = found["003-figure-3-c-e"]
    (row,) = columns(grid, quantity="m = 0.80: L_uniform", curve="held out", seed="mean", step=40)
    assert row["value"] == pytest.approx(-2)
    for picture in found.values():
        drawn(picture)


def test_every_loss_has_a_gap_at_every_step(root):
    picture = made(figure_3, root)["003-figure-3-b"]
    for name in NAMES:
        values = [x["value"] for x in columns(picture, curve=name)]
        assert values == pytest.approx([0.1 + step / 100 for step in STEPS])
    assert "mean distance of the negatives less that of the positive" in picture.caption


def test_transfer_has_a_picture_of_its_own_where_it_was_scored(root):
    for place, recipe in enumerate(MARGINS):
        for seed in (0, 1):
            record = {"schema": SCHEMA, "tasks": {}, "diagnostics": None,
                      "averages": {"STS": 0.6 + place / 10, "transfer": 0.8}}  # fmt: skip
            path = root / recipe / f"seed-{seed}" / "evaluation.json"
            path.write_text(json.dumps(record))
    found = made(figure_3, root)
    rows = columns(found["003-figure-3-a-transfer"])
    assert [x["score_per_cent"] for x in rows] == pytest.approx([80, 80, 80])
    rows = columns(found["003-figure-3-a"])
    assert [x["score_per_cent"] for x in rows] == pytest.approx([60, 70, 80])


@pytest.mark.parametrize("figure", [figure_1, figure_3])
def test_missing_runs_wait(tmp_path, figure):
    with pytest.raises(NeedsRunsError, match="reports record"):
        made(figure, tmp_path)
