"""Losses as recipes: written, read, saved, and made by the commands."""

import json
import pickle
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from derive.cli import main
from derive.errors import ContragradError
from derive.identity import vanishes
from derive.modification import compose, explain, from_recipe, modify, recipe_of
from derive.modification.recipes import RecipeError
from derive.notation import cosine
from derive.objective import SAME, Objective
from derive.sources import find
from derive.verdict import Verdict


def equal(a: object, b: object) -> bool:
    return vanishes(a - b) is Verdict.PROVED


class Nowhere(Objective):
    """It has a pull, and no push."""

    title, source, reduction = "a loss", "this test", "mean over anchors"
    differentiated, pool = "anchor", SAME

    def terms(self, i, x):
        return -cosine(i, i)


def test_a_recipe_makes_the_loss_again() -> None:
    for loss in (
        modify("vicreg", gd="hinge:m=.2", weight="softmax", ratio="pull", nu_inv=2),
        compose(weight="hardest", ratio="met", pool="same-view"),
    ):
        recipe = json.loads(json.dumps(recipe_of(loss)))
        again = from_recipe(recipe)
        assert equal(again.formula(), loss.formula())
        assert again.defaults() == loss.defaults()
        assert recipe_of(again) == recipe
        copied = pickle.loads(pickle.dumps(loss))
        assert equal(copied.formula(), loss.formula())
        assert copied.defaults() == loss.defaults()


GOOD = {"version": 1, "kind": "compose", "pool": "cross-view", "dissipation": "one",
        "weight": "softmax", "ratio": "1", "settings": {}}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version 2"),
        ({"kind": "make"}, "unknown kind of recipe 'make'"),
        ({"base": "infonce"}, "unknown entry of a recipe"),
        ({"weight": 3}, "weight of the recipe is 3"),
        ({"pool": None}, "pool of the recipe is None"),
        ({"pool": "here"}, "unknown pool"),
        ({"settings": [1]}, "settings of the recipe"),
        ({"ratio": None}, "needs a ratio"),
        ({"ratio": "abc"}, "unknown ratio"),
    ],
)
def test_what_is_no_recipe_is_said_clearly(change: dict, message: str) -> None:
    from_recipe(GOOD)
    with pytest.raises(ContragradError, match=message):
        from_recipe({**GOOD, **change})


def test_an_objective_of_the_session_has_no_recipe() -> None:
    with pytest.raises(RecipeError, match="no name leads to it"):
        recipe_of(modify(Nowhere(), weight="softmax", ratio=1))
    assert "no name leads to it" in explain(modify(Nowhere(), weight="softmax", ratio=1)).render()


def test_a_loss_that_is_its_own_base_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    recipe = {"version": 1, "kind": "modify", "base": str(path), "dissipation": "one"}
    document = {"format": "contragrad-loss", "version": 1, "recipe": recipe}
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(RecipeError, match="its own base"):
        find(str(path))


# ---- the commands ----


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_modify_prints_what_changed_and_the_surrogate() -> None:
    text = run(
        "modify", "--loss", "vicreg", "--gd", "hinge:m=0.3", "--weight", "softmax:tau=0.05",
        "--ratio", "1.5",
    ).output  # fmt: skip
    assert "that of vicreg  softmax:tau=1/20" in text
    assert "L_i = sg(GD_i) Σ_{k≠i} sg(W_ik) (c_ik − r c_ii')" in text
    assert "GD_i, W_ij, R_i are those put in (proved)" in text
    assert "R_i = r" in text
    data = json.loads(run("modify", "--loss", "mhe", "--gd", "hinge", "--format", "json").output)
    assert data["changes"] == {"dissipation": "hinge:m=3/10", "weight": None, "ratio": None}
    assert data["recipe"]["base"] == "mhe"
    assert data["after"]["dissipation"]["text"] == "1[m + max_{k≠i} c_ik' > c_ii']"


def test_a_saved_loss_is_a_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTRAGRAD_HOME", str(tmp_path))
    saved = run("modify", "--loss", "vicreg", "--gd", "hinge", "--ratio", "2", "--save", "mine")
    assert saved.exit_code == 0, saved.output
    assert "R_i = r" in run("show", "--loss", "mine").output
    assert equal(find("mine").formula(), modify("vicreg", gd="hinge", ratio=2).formula())
    onwards = run("modify", "--loss", "mine", "--weight", "hardest", "--save", "further")
    assert onwards.exit_code == 0, onwards.output
    assert [x.name for x in find("further").hyper] == ["m", "r"]
    clash = run("compose", "--weight", "softmax", "--ratio", "1", "--save", "mine")
    assert clash.exit_code == 2
    assert "is taken" in clash.output


def test_compose_builds_from_components_or_from_phi_and_psi(tmp_path: Path) -> None:
    file = str(tmp_path / "loss.json")
    made = run("compose", "--weight", "uniform", "--ratio", "1", "--save", file)
    assert made.exit_code == 0, made.output
    assert "pool         cross-view" in made.output
    assert "L_i" in run("show", "--loss", file).output
    alpha = run("compose", "--phi", "tau*log(1+x)", "--psi", "exp(x/tau)", "--param", "tau=.5")
    assert alpha.exit_code == 0, alpha.output
    assert "τ log(1 + Σ" in alpha.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("modify", "--loss", "infonce", "--gd", "hing"), "Did you mean hinge?"),
        (("modify", "--loss", "infonce", "--weight", "softmax:tau=0"), "outside its domain"),
        (("modify", "--loss", "infonce", "--set", "tau=0"), "outside its domain"),
        (("modify", "--loss", "infonce", "--format", "txt"), "unknown format"),
        (("compose", "--ratio", "1"), "--weight is missing"),
        (("compose", "--weight", "softmax"), "--ratio is missing"),
        (("compose", "--phi", "x"), "--psi is missing"),
        (("compose", "--phi", "x", "--gd", "one"), "Give the one or the other"),
    ],
)
def test_bad_input_is_a_message_and_exit_code_2(arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output
