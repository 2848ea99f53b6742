"""The recipes: each can be run, and says what the papers print."""

import json
import tomllib

import pytest
import torch

from derive.errors import ContragradError
from derive.modification import compose
from derive.sources import find
from derive.torch import objective
from tests.train.conftest import train
from train.recipes import names, recipe, recipes
from train.recipes.listing import FOLDER
from train.recipes.reader import read

# Table 6 (BERT, batch 128) and Table 7 (RoBERTa, batch 512), as printed: m, τ, r.
TABLE_6 = {"mmhe": (0.30, 0.05, 1.75), "mmhs": (0.30, None, 1.75),
           "mbarlow": (0.30, 0.05, 1.50), "mvicreg": (0.30, 0.05, 1.50)}  # fmt: skip
TABLE_7 = {"mmhe": (0.30, 0.05, 1.25), "mmhs": (0.27, None, 1.00),
           "mbarlow": (0.37, 0.05, 1.25), "mvicreg": (0.37, 0.05, 1.25)}  # fmt: skip

MINIMAL = """
paper = "001"
part = "Table 9"
[[recipes]]
name = "x"
row = "x"
loss = "mpt"
model = "bert-base-uncased"
corpus = "text.txt"
protocol = "simcse"
seeds = 1
shows = "nothing"
"""


@pytest.mark.parametrize("name", names())
def test_every_recipe_resolves(name):
    for small in (False, True):
        options = recipe(name, small)  # the loss exists, every setting is in its domain
        assert options["corpus"] == "wiki1m_for_simcse.txt"
    assert recipe(name, small=True)["overrides"]["steps"] <= 100
    found = recipes()[name]
    assert found.paper in ("001", "003")
    assert found.command().startswith(f"train run --recipe {name} --corpus")
    # none is left to a default in silence
    assert set(found.settings) == {x.name for x in find(found.loss).hyper}


@pytest.mark.parametrize(("table", "rows"), [("6", TABLE_6), ("7", TABLE_7)])
def test_tables_6_and_7_are_as_printed(table, rows):
    for loss, (m, tau, r) in rows.items():
        found = recipe(f"001-table-{table}-{loss}")
        wanted = {"m": m, "r": r} | ({} if tau is None else {"tau": tau})
        assert {name: float(x) for name, x in found["settings"].items()} == wanted
        size, model = {"6": (128, "bert-base-uncased"), "7": (512, "roberta-base")}[table]
        assert (found["overrides"]["batch_size"], found["overrides"]["lr"]) == (size, 1e-5)
        assert (found["loss"], found["model"]) == (loss, model)


def test_everything_that_was_asked_for_is_there():
    assert {f"001-table-3-{x}-{y}" for x in ("infonce", "arccon", "mpt", "met")
            for y in ("bert", "roberta")} <= set(names())  # fmt: skip
    before = [recipe(f"001-table-5-{x}")["settings"] for x in ("mhe", "mhs", "barlow_twins")]
    assert before == [{"nu": "10"}, {"nu": "1"}, {"nu": "30"}]
    assert recipe("001-table-5-vicreg")["settings"]["nu_cov"] == "30"
    ends = {"m": ("0.3", "1"), "tau": ("0.01", "3"), "r": ("0.25", "2")}
    for setting, pair in ends.items():
        for end in pair:
            assert recipe(f"001-figure-6-{setting}-{end}")["settings"][setting] == end
    for m in ("0.10", "0.23", "0.80"):
        assert recipe(f"003-figure-3-m-{m}")["settings"] == {"m": m}
    assert {"001-figure-5-baseline", "001-figure-7-baseline", "001-figure-8-a",
            "001-figure-9-baseline"} <= set(names())  # fmt: skip


def test_the_averages_are_those_of_table_3():
    printed = {"infonce-bert": 76.25, "arccon-bert": 77.25, "mpt-bert": 77.25, "met-bert": 78.38}
    for name, value in printed.items():
        assert recipes()[f"001-table-3-{name}"].published[0].value == value
    averages = [recipes()[f"001-table-6-{x}"].published[0].value for x in TABLE_6]
    assert averages == [78.40, 78.27, 78.24, 78.34]
    assert all(x.source for row in recipes().values() for x in row.published)


def test_the_run_without_dissipation_is_gd_1():
    """Figure 5: the baseline with m = 3 has the value and gradient of GD = 1 composed."""
    settings = recipe("001-figure-5-without-gd")["settings"]
    generator = torch.Generator().manual_seed(0)
    for _ in range(5):
        h, h_prime = torch.randn(2, 16, 4, generator=generator, dtype=torch.float64)
        h[0] = h_prime[0]  # s_ii as large, and its rivals as small, as they can be
        h_prime[1:] = -h_prime[0]
        found = []
        for loss in (
            objective("paradigm", embeddings="raw", **{k: float(x) for k, x in settings.items()}),
            objective(compose(gd="one", weight="softmax:tau=0.05", ratio=1), embeddings="raw"),
        ):
            leaf = h.clone().requires_grad_()
            value = loss(leaf, h_prime)
            value.backward()
            found.append((value.detach(), leaf.grad))
        torch.testing.assert_close(found[0][0], found[1][0], rtol=1e-12, atol=0)
        torch.testing.assert_close(found[0][1], found[1][1], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[[recipes]]", "[[recipes", "is no TOML"),
        ('row = "x"', "", "lacks row"),
        ('row = "x"', 'rwo = "x"', "unknown entry of a recipe 'rwo'"),
        ("seeds = 1", 'seeds = "1"', "seeds is '1', no int"),
        ("seeds = 1", "seeds = 1\nsettings = { m = 0.3 }", "are no text"),
        ("seeds = 1", 'seeds = 1\npublished = [{ score = "x", value = 780, source = "y" }]',
         "0 to 100"),
        ("seeds = 1", "seeds = 1\nsmall = { steps = 3 }", "unknown entry of small"),
        ("[[recipes]]", "[[recipe]]", "unknown entry of a recipe file"),
    ],
)  # fmt: skip
def test_a_recipe_that_cannot_be_read(before, after, said, tmp_path):
    path = tmp_path / "001-table-9.toml"
    path.write_text(MINIMAL, encoding="utf-8")
    assert [x.name for x in read(path)] == ["001-table-9-x"]
    path.write_text(MINIMAL.replace(before, after), encoding="utf-8")
    with pytest.raises(ContragradError, match=said):
        read(path)


def test_the_command(tmp_path):
    listed = train("recipes")
    assert listed.exit_code == 0
    assert all(name in listed.output for name in names())
    assert "001-appendix-a4" in listed.output
    shown = train("recipes", "001-table-6-mvicreg")
    assert "--recipe 001-table-6-mvicreg --small" in shown.output
    assert "printed there, not measured" in " ".join(shown.output.replace("│", " ").split())
    unknown = train("recipes", "table-6-mvicreg")
    assert unknown.exit_code == 2
    assert "closest: 001-table-6-mvicreg." in unknown.output
    assert "`train recipes` lists them all" in unknown.output
    assert len(train("recipes", "nope").output) < 250  # not all of them
    data = json.loads(train("recipes", "001-table-6-mvicreg", "--format", "json").output)
    assert data["settings"] == {"m": "0.30", "tau": "0.05", "r": "1.50"}
    again = tomllib.loads(train("recipes", "--format", "toml").output)["recipes"]
    assert again == json.loads(train("recipes", "--format", "json").output)


@pytest.fixture
def configured(monkeypatch):
    """What `train run` would have begun with."""
    begun = []
    monkeypatch.setattr("train.run.start", lambda config, *_: begun.append(config))

    def configure(*words):
        done = train("run", "--recipe", "003-table-2-mpt", "--small", *words)
        assert done.exit_code == 0, done.output
        return begun[-1]

    return configure


def test_the_text_of_a_recipe_is_on_record_as_found_from_any_directory(configured, in_tmp_path):
    assert configured().corpus == "wiki1m_for_simcse.txt"  # not there
    (in_tmp_path / "wiki1m_for_simcse.txt").write_text("A.\nB.\n")
    assert configured().corpus == str(in_tmp_path / "wiki1m_for_simcse.txt")


def test_epochs_take_the_place_of_a_recipe_s_steps(configured):
    assert configured().chosen.steps == 60
    changed = configured("--epochs", "2")
    assert (changed.chosen.steps, changed.chosen.epochs) == (None, 2)
    assert changed.chosen.batch_size == 32
    both = configured("--epochs", "2", "--steps", "5")
    assert both.chosen.steps == 5


def test_the_files_are_installed_with_the_package():
    assert len(list(FOLDER.glob("*.toml"))) >= 10
