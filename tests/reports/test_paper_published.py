"""Published figures beside ours: the data against itself, made-up runs against means by hand."""

import json
from dataclasses import replace
from math import sqrt
from pathlib import Path

import pytest

from reports.context import Context
from reports.errors import RunRecordError
from reports.papers import known, published
from reports.papers.published.checks import inconsistencies, referring
from reports.papers.published.data import FOLDER, printed
from reports.papers.published.ours import evaluated, is_other
from reports.papers.recipes import drawn_from, expanded
from reports.papers.run_scores import BY_STS, TEST, common_score, scores_after, unscored
from reports.papers.run_scores import STS as AVERAGE
from reports.plans import planned
from reports.records import Records
from reports.runs import Evaluation, read_run
from tests.reports.conftest import write_run
from train.recipes import recipe, recipes
from train.senteval.record import SCHEMA

STS = ("STS12", "STS13", "STS14", "STS15", "STS16", "STS-B", "SICK-R")
TRANSFER = ("MR", "CR", "SUBJ", "MPQA", "SST2", "TREC", "MRPC")
MMHE = "001-table-6-mmhe"
T_2 = 4.302652729749464  # Student's t, two degrees of freedom, .975


def evaluation(folder: Path, scores: dict[str, float]) -> None:
    """What `train eval --out` writes, as far as it is read."""
    record = {
        "schema": SCHEMA,
        "tasks": {name: {"score": x} for name, x in scores.items()},
        "averages": {"STS": sum(scores.values()) / len(scores), "transfer": None},
    }
    (folder / "evaluation.json").write_text(json.dumps(record), encoding="utf-8")


def seeds(root: Path, values: list[float], name: str = MMHE) -> Path:
    """Runs of a recipe whose STS-B and SICK-R are these, from a made-up text."""
    for seed, x in enumerate(values):
        scores = {"STS-B test, Spearman": x, "SICK-R test, Spearman": x - 0.1}
        lines = [
            json.dumps({"event": "evaluation", "when": "after", "step": 40, "scores": scores}),
            json.dumps({"event": "finished", "step": 40}),
        ]
        folder = write_run(root / name / f"seed-{seed}", loss="mmhe", lines=lines)
        config = json.loads((folder / "config.json").read_text())
        config["options"] |= {"seed": seed, "settings": recipes()[name].settings}
        (folder / "config.json").write_text(json.dumps(config))
    return root


def rows_named(table, name, what):
    return next(row for row in table.rows if (row[0].text, row[1].text) == (name, what))


@pytest.mark.parametrize(
    ("name", "of", "rows"), [("001-table-3", STS, 12), ("001-table-4", TRANSFER, 12)]
)
def test_printed_averages_are_those_of_their_rows(name, of, rows):
    checked = 0
    for row in printed(name).rows:
        if row.derived or any(x not in row.printed for x in of):
            continue
        mean = sum(row.printed[x] for x in of) / 7
        assert abs(mean - row.printed["Avg."]) <= 0.01 + 1e-9, row.name
        if row.improvement:
            gain = sum(row.improvement[x] for x in of) / 7
            assert abs(gain - row.improvement["Avg."]) <= 0.1 + 1e-9, row.name
        checked += 1
    assert checked == rows
    assert inconsistencies(printed(name)) == []


def test_a_wrong_figure_is_found():
    table = printed("001-table-3")
    row = next(x for x in table.rows if x.name == "mB, BERT-base")
    wrong = replace(row, printed={**row.printed, "STS14": row.printed["STS14"] + 0.2})
    found = inconsistencies(replace(table, rows=(wrong,)))
    assert found == [
        "mB, BERT-base: the average is printed 78.24, and the row's figures have the mean 78.270."
    ]
    wrong = replace(row, improvement={**row.improvement, "STS12": 25.3})
    (found,) = inconsistencies(replace(table, rows=(wrong,)))
    assert "average improvement is printed 12.7" in found


def test_tables_3_and_5_disagree_by_an_exchange_of_labels():
    found = inconsistencies(printed("001-table-5"))
    assert found == referring("001-table-3")
    assert "L^B, + R: 78.34 in Table 5, and 78.24 in Table 3." in found
    assert "L^V, + R: 78.24 in Table 5, and 78.34 in Table 3." in found
    assert any("labels of L^B and L^V exchanged" in x for x in found)
    assert any(x.startswith("L^V, original: 65.53") and "L^B would fit" in x for x in found)
    assert len(found) == 4


def test_without_the_exchange_nothing_is_found():
    table = printed("001-table-5")
    b, v = (next(x for x in table.rows if x.name == name) for name in ("L^B", "L^V"))
    rest = tuple(x for x in table.rows if x not in (b, v) and "authors" not in x.name)
    swapped = (replace(b, printed=v.printed), replace(v, printed=b.printed))
    assert inconsistencies(replace(table, rows=(*rest, *swapped))) == []


@pytest.mark.parametrize("name", ["001-table-3", "001-table-4", "001-table-5"])
def test_every_figure_of_the_recipes_is_in_its_table(name):
    table = printed(name)
    assert all(x in recipes() for row in table.rows for x in row.recipes.values())
    wanted = {
        (recipe, x.score, x.value)
        for recipe, found in recipes().items()
        for x in found.published
        if x.source == f"001 {table.number}" and recipe.startswith("001")
    }
    scores = {x.name: x.score for x in table.columns}
    held = {
        (row.recipes[column], scores[column], value)
        for row in table.rows
        for column, value in row.printed.items()
        if column in row.recipes and not row.derived
    }
    assert wanted
    unprinted = {x for row in table.rows for x in row.recipes.values() if "authors" in row.name}
    assert {x for x in wanted if x[0] not in unprinted} <= held
    assert {x[1:] for x in wanted} <= {x[1:] for x in held}  # of another row
    assert len({path.stem for path in FOLDER.glob("*.toml")}) == 7


def test_the_loss_before_is_the_printed_figure_less_the_improvement():
    rows = {x.name: x for x in printed("001-table-3").rows}
    assert rows["MHE, BERT-base"].printed["STS12"] == pytest.approx(71.48 - 18.2, abs=0.051)
    for name in ("mhe", "mhs", "barlow_twins", "vicreg"):
        (figure,) = recipes()[f"001-table-3-before-{name}"].published
        row = next(x for x in rows.values() if x.recipes["Avg."] == f"001-table-3-before-{name}")
        assert row.printed["Avg."] == figure.value


def test_without_runs_the_table_is_made_and_says_what_to_run():
    (table,) = published.table_5(Context())
    mine = rows_named(table, "L^B", "ours")
    assert [x.text for x in mine[2:6]] == ["–"] * 4
    wanted = ["5-barlow_twins", "5-barlow_twins-gd", "5-barlow_twins-gd-w", "6-mbarlow"]
    commands = [f"train run --recipe 001-table-{x}" for x in wanted]
    assert mine[-1].text == f"not run: {', '.join(commands)}"
    assert all(x in str(mine[-1].html) for x in commands)
    assert rows_named(table, "L^B", "printed")[5].text == "78.34"
    assert rows_named(table, "L^a + ν L^{u,MHS}", "ours")[4].text == "–"
    assert any("reports record 001-table-5 --small" in x for x in table.notes)
    assert all(len(row) == len(table.head) for row in table.rows)


@pytest.mark.parametrize(
    ("make", "item", "tasks"),
    [(published.table_3, "001-table-3", "sts"), (published.table_4, "001-table-4", "transfer"),
     (published.table_5, "001-table-5", "sts"),
     (published.paper_003_table_1, "003-table-1", "sts,transfer")],
)  # fmt: skip
def test_one_record_makes_every_run_and_scores_it(make, item, tasks):
    (table,) = make(Context())
    assert any(f"reports record {item} --small" in x for x in table.notes)
    plans = {x.recipe: x.tasks for x in planned([known()[item]])}
    recipes = set(filter(None, table.data.columns["recipe"]))
    assert recipes <= set(plans)
    assert {plans[x] for x in recipes} == {tasks}


def test_a_whole_name_means_one_recipe():
    found = expanded(["001-table-5-mhe$"])
    assert found == ("001-table-5-mhe",)
    assert "001-table-5-mhe-gd" in expanded(["001-table-5-mhe"])
    assert "001-table-5-mhe-gd" not in expanded(drawn_from("001-table-3"))


def test_rows_that_the_paper_lacks_have_no_printed_figure():
    (table,) = published.table_5(Context())
    for name in ("L^B", "L^V"):
        row = rows_named(table, f"{name}, as the authors' code trains it", "printed")
        assert [x.text for x in row[2:]] == ["–"] * 4 + ["not printed"]
        assert rows_named(table, name, "printed")[2].text != "–"


@pytest.mark.parametrize(
    "other", [{"loss": "mmhs"}, {"settings": {"m": "0.30", "tau": "0.05", "r": "1.00"}}]
)
def test_a_run_of_another_loss_is_not_ours(tmp_path, other):
    path = seeds(tmp_path, [0.70]) / MMHE / "seed-0" / "config.json"
    config = json.loads(path.read_text())
    config["options"] |= other
    path.write_text(json.dumps(config))
    with pytest.raises(RunRecordError, match=f"not of the recipe {MMHE}"):
        published.table_3(Context(records=Records(tmp_path)))
    assert is_other(read_run(path.parent), MMHE)


@pytest.mark.parametrize("value", ["high", True, float("nan"), []])
def test_a_score_that_is_no_number_is_told(tmp_path, value):
    run = seeds(tmp_path, [0.70]) / MMHE / "seed-0"
    evaluation(run, dict.fromkeys(STS, 0.5))
    record = json.loads((run / "evaluation.json").read_text())
    record["averages"]["STS"] = value
    (run / "evaluation.json").write_text(json.dumps(record))
    assert "the score of STS is" in evaluated(run)[2][0]
    with pytest.raises(RunRecordError, match=r"evaluation\.json cannot be read"):
        scores_after(read_run(run))


def test_how_many_runs_lack_the_score_is_told(tmp_path):
    path = seeds(tmp_path, [0.70, 0.72, 0.74]) / MMHE
    evaluation(path / "seed-1", dict.fromkeys(STS, 0.5))
    runs = Records(tmp_path).runs(MMHE)
    assert common_score(runs, BY_STS) == TEST
    assert unscored(runs, AVERAGE) == "2 of 3 runs were"
    assert unscored(runs, "another") == "our runs were"


def test_runs_without_a_common_score_are_told_what_helps(tmp_path):
    runs = Records(seeds(tmp_path, [0.70])).runs(MMHE)
    other = replace(runs[0], evaluations=(Evaluation("after", 40, {"MRR": 0.5}),))
    with pytest.raises(RunRecordError, match=r"another --runs folder"):
        common_score([*runs, other], BY_STS)


def test_of_003_only_what_001_took_over_is_known():
    (table,) = published.paper_003_table_1(Context())
    assert [x.text for x in rows_named(table, "mpt, BERT-base", "printed")[2:4]] == [
        "77.25",
        "87.56",
    ]
    assert rows_named(table, "cl, BERT-base", "printed")[-1].text == "not known"


def test_ours_is_the_mean_over_the_seeds_with_its_interval(tmp_path):
    runs = seeds(tmp_path, [0.70, 0.72, 0.77])
    (table,) = published.table_3(Context(records=Records(runs)))
    mine = rows_named(table, "mMHE, BERT-base", "ours")
    mean, deviation = 73.0, sqrt((3.0**2 + 1.0**2 + 4.0**2) / 2)
    text = f"{mean:.2f} ± {T_2 * deviation / sqrt(3):.2f}"
    assert mine[table.head.index("STS-B")].text == text
    assert mine[table.head.index("STS12")].text == "–"
    assert "3 seeds (0, 1, 2)" in mine[-1].text
    assert "a small BERT, randomly initialised; a made-up text, 1,234 rows; 40 steps of 8" in (
        mine[-1].text
    )
    assert published.OTHER in mine[-1].text
    assert any(x.startswith("STS12, STS13") and "train eval" in x for x in table.notes)
    assert rows_named(table, "mB, BERT-base", "ours")[-1].text.startswith("not run: train run")
    columns = table.data.columns
    at = list(zip(columns["run"], columns["column"], strict=True)).index(
        ("mMHE, BERT-base", "STS-B")
    )
    assert columns["ours, mean [%]"][at] == pytest.approx(mean)
    assert columns["ours, half width [%]"][at] == pytest.approx(T_2 * deviation / sqrt(3))
    assert (columns["seeds"][at], columns["printed [%]"][at]) == (3, 80.31)
    (table,) = published.table_5(Context(records=Records(runs)))
    mixed = rows_named(table, "L^a + ν L^{u,MHE}", "ours")
    assert [x.text for x in mixed[2:6]] == ["not run"] * 3 + ["–"]


def test_an_evaluation_in_the_runs_folder_fills_the_table(tmp_path):
    runs = seeds(tmp_path, [0.70])
    values = {name: 0.6 + n / 100 for n, name in enumerate(STS)}
    evaluation(runs / MMHE / "seed-0", values)
    (table,) = published.table_3(Context(records=Records(runs)))
    mine = rows_named(table, "mMHE, BERT-base", "ours")
    assert [x.text for x in mine[2:10]] == [
        *(f"{100 * x:.2f} (one seed)" for x in values.values()),
        "63.00 (one seed)",
    ]
    assert not any("train eval RUNS" in x for x in table.notes)


@pytest.mark.parametrize(
    ("content", "reason"),
    [("{", "Expecting property name"), ("{}", "it lacks 'schema'"), ("[]", "list indices"),
     ('{"schema": "other 2"}', "its schema is 'other 2'"),
     (json.dumps({"schema": SCHEMA, "tasks": []}), "no attribute")],
)  # fmt: skip
def test_a_damaged_evaluation_is_a_note(tmp_path, content, reason):
    runs = seeds(tmp_path, [0.70])
    (runs / MMHE / "seed-0" / "evaluation.json").write_text(content, encoding="utf-8")
    (table,) = published.table_3(Context(records=Records(runs)))
    assert rows_named(table, "mMHE, BERT-base", "ours")[7].text == "70.00 (one seed)"
    assert any("evaluation.json is left out" in x and reason in x for x in table.notes)


def test_an_unfinished_run_is_a_note_and_no_score(tmp_path):
    runs = seeds(tmp_path, [0.70, 0.72])
    (runs / MMHE / "seed-1" / "metrics.jsonl").write_text("", encoding="utf-8")
    (table,) = published.table_3(Context(records=Records(runs)))
    mine = rows_named(table, "mMHE, BERT-base", "ours")
    assert mine[table.head.index("STS-B")].text == "70.00 (one seed)"
    assert any("seed-1: no scores after training" in x for x in table.notes)


def test_a_run_of_the_recipe_itself_is_not_called_another(tmp_path):
    runs = seeds(tmp_path, [0.70])
    path = runs / MMHE / "seed-0" / "config.json"
    config = json.loads(path.read_text())
    config["options"] |= recipe(MMHE) | {"corpus": "/elsewhere/wiki1m_for_simcse.txt"}
    path.write_text(json.dumps(config))
    (table,) = published.table_3(Context(records=Records(runs)))
    assert published.OTHER not in rows_named(table, "mMHE, BERT-base", "ours")[-1].text
    config["options"]["overrides"] = {"batch_size": 32}
    path.write_text(json.dumps(config))
    (table,) = published.table_3(Context(records=Records(runs)))
    assert published.OTHER in rows_named(table, "mMHE, BERT-base", "ours")[-1].text
