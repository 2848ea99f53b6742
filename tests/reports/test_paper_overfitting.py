"""003, Figures 1 and 3: both samples of each run, the places of the losses and their gaps."""

import json

import pytest

from reports.context import Context
from reports.errors import NeedsRunsError
from reports.papers.overfitting import figure_1, figure_3
from reports.papers.recipes import expanded
from reports.records import Records
from reports.svg import PAPER, styled
from tests.reports.made_up import SCORE, STEPS, columns, offset, write_recipe
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
        wanted = -1 - STEPS[-1] / 40 + offset(LOSSES[place], 0)
        assert row["L_uniform"] == pytest.approx(wanted)
        assert row["score_per_cent"] == pytest.approx(50 + 5 * place)
    assert picture.settings["score"] == SCORE
    assert drawn(picture).axes[1].get_ylabel() == f"{SCORE} [%]"


def test_both_samples_of_each_loss_are_drawn(root):
    picture = made(figure_1, root)["003-figure-1-b-d"]
    for loss, recipe in zip(("cl", "a&u", "dcl"), LOSSES[:3], strict=True):
        for step in STEPS:
            for curve, shift in (("trained on", -0.125), ("held out", 0.0)):
                (row,) = columns(
                    picture, quantity=f"trained with {loss}: L_cl", curve=curve, step=step
                )
                wanted = 2 - step / 40 + shift + offset(recipe, 0)
                assert row["value"] == pytest.approx(wanted)
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
        extra = [offset(MARGINS[place], seed) for seed in (0, 1)]
        assert row["d_ij"] == pytest.approx(0.1 + STEPS[-1] / 100 + sum(extra) / 2)
        half = 12.7062047 * abs(extra[1] - extra[0]) / 2  # t of one degree of freedom
        assert row["d_ij_half_width"] == pytest.approx(half)
        assert half > 0
        assert row["score_per_cent"] == pytest.approx(45 + 5 * place)
        assert (row["seeds"], row["score_seeds"]) == (2, 2)
    assert "bars, of both: 95% t-intervals over 2 seeds." in found["003-figure-3-a"].caption
    grid = found["003-figure-3-c-e"]
    (row,) = columns(grid, quantity="m = 0.80: L_uniform", curve="held out", seed="mean", step=40)
    assert row["value"] == pytest.approx(-2 + sum(offset(MARGINS[2], x) for x in (0, 1)) / 2)
    assert "Thin: each seed" in grid.caption
    assert "Thin: each seed" not in found["003-figure-3-b"].caption  # those have one
    for picture in found.values():
        drawn(picture)


def test_every_loss_has_a_gap_at_every_step(root):
    picture = made(figure_3, root)["003-figure-3-b"]
    for name, recipe in zip(NAMES, LOSSES, strict=True):
        values = [x["value"] for x in columns(picture, curve=name)]
        wanted = [0.1 + step / 100 + offset(recipe, 0) for step in STEPS]
        assert values == pytest.approx(wanted)
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


def test_seeds_without_a_score_are_told(root):
    """A loss of two finished seeds, one of them without a score, and a loss with none at all."""
    write_recipe(root, LOSSES[0], folder="more", seeds=2)
    (root / "more" / "seed-1").rename(root / f"{LOSSES[0]}-measured" / "seed-1")
    for recipe, seed in ((LOSSES[0], 1), (LOSSES[1], 0)):
        path = root / f"{recipe}-measured" / f"seed-{seed}" / "metrics.jsonl"
        kept = [x for x in path.read_text().splitlines() if '"evaluation"' not in x]
        path.write_text("\n".join(kept) + "\n")
    picture = made(figure_1, root)["003-figure-1-a"]
    counts = [(x["seeds"], x["score_seeds"]) for x in columns(picture)]
    assert counts == [(2, 1), (1, 0)] + [(1, 1)] * 5
    assert "(grey, for there is no score: a&u). Places and scores are means over 1 to 2 seeds." in (
        picture.caption
    )
    drawn(picture)


@pytest.mark.parametrize("figure", [figure_1, figure_3])
def test_missing_runs_wait(tmp_path, figure):
    with pytest.raises(NeedsRunsError, match="reports record"):
        made(figure, tmp_path)
