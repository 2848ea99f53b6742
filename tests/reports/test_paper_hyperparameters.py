"""Hyper-parameters as printed beside those of the recipes, and what is marked."""

import json
from dataclasses import replace

import pytest

from reports.context import Context
from reports.errors import RunRecordError
from reports.papers import hyperparameters as module
from reports.papers.hyperparameters.data import as_text, of_recipe, same, searched
from reports.records import Records
from tests.reports.conftest import write_run
from train.recipes import recipes


def row_of(table, loss, what):
    cells = next(row for row in table.rows if (row[0].text, row[1].text) == (loss, what))
    return dict(zip(table.head, cells, strict=True))


@pytest.mark.parametrize("make", [module.table_6, module.table_7])
def test_the_recipes_have_what_001_prints(make):
    (table,) = make(Context())
    for loss in ("mMHE", "mMHS", "mB", "mV"):
        printed, ours = row_of(table, loss, "printed"), row_of(table, loss, "our recipe")
        for column in ("batch size", "lr", "m", "τ", "r", "epochs", "seeds", "pooling"):
            assert same(printed[column].text, ours[column].text)
            assert ours[column].mark == ""
        assert ours["head"].mark == "differs"
    assert not any("not on the grid" in x for x in table.notes)


def test_another_value_is_marked(monkeypatch):
    right = recipes()["001-table-6-mbarlow"]
    wrong = replace(right, settings={**right.settings, "m": "0.31"})
    monkeypatch.setattr(module, "known_recipe", lambda name: wrong)
    (table,) = module.table_6(Context())
    found = row_of(table, "mB", "our recipe")["m"]
    assert (found.mark, found.note) == ("differs", "printed: 0.30")
    assert "mB: m = 0.31 is not on the grid searched." in table.notes


def test_scaled_down_is_the_recipes_own_form():
    small = of_recipe(recipes()["001-table-6-mmhe"], small=True)
    assert (small["batch_size"], small["steps"], small["seeds"]) == ("32", "60", "1")
    assert (small["sentences"], small["epochs"], small["settings.m"]) == ("4,000", "", "0.30")
    whole = of_recipe(recipes()["001-table-6-mmhe"], small=False)
    assert (whole["steps"], whole["epochs"], whole["sentences"]) == ("", "1", "all")


def test_what_003_does_not_state_is_assumed():
    (table,) = module.paper_003_table_2(Context())
    met, mpt = row_of(table, "met", "our recipe"), row_of(table, "mpt", "our recipe")
    assert met["m"].mark == "assumed"
    assert mpt["m"].mark == ""
    assert row_of(table, "mpt", "printed")["m"].text == "0.23"
    assert mpt["lr"].mark == "assumed"
    assert mpt["τ"].text == "–"
    assert not any("not on the grid" in x for x in table.notes)
    marks = [x for x in table.data.columns["mark"] if x]
    assert set(marks) == {"assumed"}


def test_runs_are_a_row_of_their_own(tmp_path):
    for seed in (0, 1):
        folder = write_run(tmp_path / "001-table-6-mmhe" / f"seed-{seed}", loss="mmhe")
        config = json.loads((folder / "config.json").read_text())
        config["options"]["settings"] = {"m": "0.3", "tau": "0.05", "r": "1.75"}
        config["schedule"]["batch_size"] = 8 * (seed + 1)
        (folder / "config.json").write_text(json.dumps(config))
    (table,) = module.table_6(Context(records=Records(tmp_path)))
    found = row_of(table, "mMHE", "our runs")
    assert (found["batch size"].text, found["steps"].text) == ("8 or 16", "40")
    assert (found["seeds"].text, found["sentences"].text) == ("2", "1,234")
    assert not any(row[0].text == "mB" and row[1].text == "our runs" for row in table.rows)


def test_a_run_of_another_loss_is_not_shown_as_ours(tmp_path):
    write_run(tmp_path / "001-table-6-mmhe" / "seed-0", loss="mmhs")
    with pytest.raises(RunRecordError, match="not of the recipe 001-table-6-mmhe"):
        module.table_6(Context(records=Records(tmp_path)))


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [("5e-2", "0.05", True), ("0.30", "0.3", True), ("0.15*pi", "3*pi/20", True),
     ("cls", "cls", True), ("mlp", "linear", False), ("0.30", "0.31", False), ("1", "", False)],
)  # fmt: skip
def test_equal_values(a, b, equal):
    assert same(a, b) is equal


def test_numbers_as_text():
    assert [as_text(x) for x in (1e-5, 5e-6, 0.3, 512, 10000, None, True, "cls")] == [
        "1e-5", "5e-6", "0.3", "512", "10,000", "", "True", "cls",
    ]  # fmt: skip


def test_the_grid_is_that_of_the_sweep():
    grid = searched("001-appendix-a4")
    assert grid["batch_size"] == ["64", "128", "256", "512"]
    assert grid["settings.r"] == ["1.00", "1.25", "1.50", "1.75", "2.00"]
