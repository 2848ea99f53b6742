"""001, Figure 1: printed figures from the recipes, ours from the runs."""

import json

import pytest

from reports.context import Context
from reports.errors import NeedsRunsError
from reports.papers import run_scores
from reports.papers.run_scores import STS
from reports.papers.scores import PAIRS, before_and_after
from reports.records import Records
from reports.svg import PAPER, styled
from tests.reports.made_up import SCORE, columns, write_recipe
from train.senteval.record import SCHEMA

RECIPES = [x for losses in PAIRS.values() for pair in losses.values() for x in pair]


def write_all(root, seeds=1, **failed):
    for place, recipe in enumerate(RECIPES):
        after = None if recipe in failed.values() else 0.3 + place / 50
        write_recipe(root, recipe, measured=False, seeds=seeds, after=after)


def made(root):
    return before_and_after(Context(records=Records(root)))[0]


def test_printed_figures_are_the_papers(tmp_path):
    """001, Tables 3 and 5, read off the paper once more; RoBERTa before: 76.91 − 7.6 and so on."""
    write_all(tmp_path)
    picture = made(tmp_path)
    for encoder, printed in (
        ("BERT-base", [(62.62, 78.40), (72.73, 78.27), (65.60, 78.24), (65.53, 78.34)]),
        ("RoBERTa-base", [(69.3, 76.91), (74.6, 76.37), (69.7, 77.15), (69.6, 76.87)]),
    ):
        rows = columns(picture, recipes_for=encoder, whose="printed", score=STS)
        assert [x["per_cent"] for x in rows] == [x for pair in printed for x in pair]


def test_our_scores_are_named_and_not_mixed_with_the_printed_ones(tmp_path):
    write_all(tmp_path)
    picture = made(tmp_path)
    rows = columns(picture, whose="ours")
    assert {x["score"] for x in rows} == {SCORE}
    assert [x["per_cent"] for x in rows] == pytest.approx(
        [30 + 2 * place for place in range(len(RECIPES))]
    )
    assert f"Below: {SCORE} of our runs, since our runs were not scored on the {STS}" in (
        picture.caption
    )
    with styled(PAPER):
        axes = picture.draw(PAPER).axes
    assert [x.get_xlabel() for x in axes] == [f"{STS} [%]"] * 2 + [f"{SCORE} [%]"] * 2


def test_the_average_of_seven_is_taken_where_train_eval_has_it(tmp_path):
    write_all(tmp_path)
    for place, recipe in enumerate(RECIPES):
        record = {"schema": SCHEMA, "tasks": {}, "averages": {"STS": 0.6 + place / 100},
                  "diagnostics": None}  # fmt: skip
        (tmp_path / recipe / "seed-0" / "evaluation.json").write_text(json.dumps(record))
    rows = columns(made(tmp_path), whose="ours", score=STS)
    assert [x["per_cent"] for x in rows] == pytest.approx(
        [60 + place for place in range(len(RECIPES))]
    )


def test_the_caption_has_the_fewest_and_the_most_seeds(tmp_path):
    for recipe in RECIPES:
        write_recipe(tmp_path, recipe, measured=False, seeds=2 if recipe == RECIPES[0] else 3)
    picture = made(tmp_path)
    assert "bars: 95% t-intervals over 2 to 3 seeds." in picture.caption
    assert [x["seeds"] for x in columns(picture, whose="ours")] == [2] + [3] * 15


def test_a_failed_run_is_a_gap_and_is_told(tmp_path):
    write_all(tmp_path, one="001-table-5-mhe")
    picture = made(tmp_path)
    (row,) = columns(picture, whose="ours", recipes_for="BERT-base", loss="MHE",
                     modification="before")  # fmt: skip
    assert row["per_cent"] is None
    assert "1 of 16 recipes have no score" in picture.caption
    with styled(PAPER):
        picture.draw(PAPER)


def test_missing_runs_wait(tmp_path):
    with pytest.raises(NeedsRunsError, match="001-table-5-mhe"):
        made(tmp_path)


def test_the_scores_have_the_names_that_training_gives_them():
    from train.evaluation import GRADED
    from train.sts import SOURCES

    assert run_scores.GRADED == GRADED
    assert tuple(x.name for x in SOURCES) == (run_scores.DEV, run_scores.TEST, run_scores.SICK)
