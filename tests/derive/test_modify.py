"""Losses modified and composed: Table 2 entry by entry, every triple, recipes, and the command."""

import json
import pickle
from itertools import product
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result
from sympy import Rational

from derive.calculus import Derivative
from derive.cli import main
from derive.components import DISSIPATION, RATIO, WEIGHT, forms
from derive.components.spec import ComponentError
from derive.errors import ContragradError
from derive.identity import vanishes
from derive.modify import Modified, compose, explain, from_recipe, modify, recipe_of
from derive.nodes import (
    ANCHOR,
    FEATURE,
    H_PRIME,
    NEGATIVE,
    Component,
    Delta,
    Exp,
    H,
    Hardest,
    Log,
    N,
    Step,
    Stop,
)
from derive.notation import (
    cosine,
    distance,
    hardest,
    same_view,
    score,
    squared_distance,
    sum_pairs,
    sum_samples,
)
from derive.objective import SAME, Objective
from derive.objectives import load
from derive.objectives._common import margin, partition, temperature
from derive.paradigm import decompose
from derive.printed import compare_printed
from derive.recipes import RecipeError
from derive.sources import find
from derive.torch import objective as fast
from derive.torch.lowering import evaluate
from derive.verdict import Verdict
from tests.derive.batches import default_values, unit_batch

ORIGINALS = {"mmhe": "mhe", "mmhs": "mhs", "mbarlow": "barlow_twins", "mvicreg": "vicreg"}
MODIFIED = tuple(ORIGINALS)


def equal(a: object, b: object) -> bool:
    return vanishes(a - b) is Verdict.PROVED


# ---- 001, Table 2, lower half ----


@pytest.mark.parametrize("name", [*MODIFIED, "paradigm"])
def test_table_2_as_a_vector(name: str) -> None:
    (comparison,) = compare_printed(decompose(load(name)))
    assert (comparison.equality.sense, comparison.equality.conditions) == ("ambient", ())


@pytest.mark.parametrize("entry", ["dissipation", "weight", "ratio"])
@pytest.mark.parametrize("name", MODIFIED)
def test_table_2_entry_by_entry(name: str, entry: str) -> None:
    """Every printed entry of the lower half is the derived one, with no factor and no condition."""
    d = decompose(load(name))
    x = d.objective.parameters()
    printed = getattr(d.objective.printed[0], entry)(ANCHOR, NEGATIVE, x)
    derived = d.weight[H] if entry == "weight" else getattr(d, entry)
    if name == "mmhs" and entry == "weight":  # one-hot: equal where it counts, at j = j*
        (at,) = derived.atoms(Delta)
        index = next(k for k in at.args if k != NEGATIVE)
        printed, derived = (e.xreplace({at: 1, NEGATIVE: index}) for e in (printed, derived))
        assert printed.xreplace({NEGATIVE: index}) is not None
    assert equal(derived, printed)


@pytest.mark.parametrize("name", MODIFIED)
def test_modify_makes_the_modified_losses_from_the_originals(name: str) -> None:
    recipe = load(name)
    made = modify(ORIGINALS[name], gd=recipe.gd, weight=recipe.weight, ratio=recipe.ratio)
    assert made.formula() == recipe.formula() or equal(made.formula(), recipe.formula())
    assert made.defaults() == recipe.defaults()
    assert all(x is Verdict.PROVED for x in explain(made).agreement.values())


def test_the_recipes_take_their_settings() -> None:
    assert load("mmhe").defaults({"r": "1.25"})["r"] == Rational(5, 4)
    for name in MODIFIED:
        preset = load(name).presets["roberta"]
        assert set(preset) == {x.name for x in load(name).hyper}
        load(name).defaults(preset)


# ---- the objectives that 001 prints, against the recipes ----

_HYPER = (*load("mmhe").hyper,)
s = score(lambda k: cosine(k, k))


def _gate(i, x):
    return Stop(Step(x.m - s(i) + hardest(lambda k: cosine(i, k), i)))


class _Printed(Objective):
    title, source, reduction = "as printed", "Li et al. 2024", "mean over anchors"
    differentiated, pool, hyper = "anchor", SAME, _HYPER

    def terms(self, i, x):
        raise AssertionError


class Equation14(_Printed):
    """mMHE as an objective: the uniformity flows."""

    def terms(self, i, x):
        whole = sum_samples(lambda k: partition(same_view, k, x.tau)) / 2
        pull = Stop(x.r * partition(same_view, i, x.tau) / (2 * x.tau * whole))
        energy = sum_pairs(lambda k, m: Exp(-squared_distance(H, k, H, m) / (2 * x.tau)))
        uniformity = Log(2 * energy / (N * (N - 1)))
        return _gate(i, x) * (pull * squared_distance(H, i, H_PRIME, i) + uniformity)


class Equation15(_Printed):
    """mMHS as an objective, with its maximum."""

    def terms(self, i, x):
        farthest = hardest(lambda k: distance(H, i, H, k), i)
        nearest = -hardest(lambda k: -distance(H, i, H, k), i)
        pull = x.r / (2 * Stop(farthest))
        return _gate(i, x) * (pull * squared_distance(H, i, H_PRIME, i) - nearest)


class Equation13(_Printed):
    """mVICReg with w_p as the middle of its definition says: without r."""

    def terms(self, i, x):
        whole = sum_samples(lambda k: partition(same_view, k, x.tau))
        pull = Stop(partition(same_view, i, x.tau) / whole)
        push = sum_samples(
            lambda j: Stop(Exp(same_view(i, j) / x.tau) / whole) * same_view(i, j), other_than=i
        )
        return _gate(i, x) * (push - pull * cosine(i, i))


def test_equation_14_has_the_same_gradient_by_the_anchor_up_to_its_radial_part() -> None:
    printed, recipe = decompose(Equation14()), decompose(load("mmhe"))
    assert equal(printed.dissipation, recipe.dissipation)
    assert equal(printed.weight[H], recipe.weight[H])
    assert equal(printed.ratio, recipe.ratio)
    assert printed.radial != 0
    assert recipe.radial == 0


def test_equation_14_trains_otherwise() -> None:
    """Its uniformity is one scalar of the batch in the term of every anchor."""
    h, h_prime = (x.requires_grad_() for x in unit_batch(6, 5, noise=1.0))
    values = dict(m=2.0, tau=0.5, r=0.0)  # every gate open, no pull
    printed, recipe = (
        torch.autograd.grad(fast(x, **values)(h, h_prime), h)[0]
        for x in (Equation14(), load("mmhe"))
    )
    tangent = [g - (g * h).sum(1, keepdim=True) * h for g in (printed, recipe)]
    # W_ij = W_ji: the surrogate pushes each pair twice in N terms, the printed N times in N.
    assert torch.allclose(2 * tangent[0], 6 * tangent[1], rtol=1e-9)


def test_equation_15_has_the_largest_distance_where_equation_17_has_the_smallest() -> None:
    printed, recipe = decompose(Equation15()), decompose(load("mmhs"))
    assert equal(printed.dissipation, recipe.dissipation)
    assert not equal(printed.ratio, recipe.ratio)
    h, h_prime = unit_batch(6, 5)
    values = dict(m=0.3, tau=0.05, r=1.5)
    ratio = evaluate(printed.ratio, h, h_prime, values, (ANCHOR,))
    same = (h @ h.T).masked_fill(torch.eye(6, dtype=torch.bool), torch.nan)
    chords = (2 - 2 * same).sqrt()
    nearest = chords.nan_to_num(torch.inf).amin(1)
    farthest = chords.nan_to_num(0.0).amax(1)
    assert torch.allclose(ratio, 1.5 * nearest / farthest)


def test_the_middle_of_the_papers_pull_lacks_the_factor_r() -> None:
    printed = decompose(Equation13())
    assert printed.ratio == 1
    assert equal(printed.weight[H], decompose(load("mvicreg")).weight[H])


def test_the_weights_of_the_modified_losses_differ_by_a_factor() -> None:
    """Eq. 16 divides by τ Σ_{k<l}, Eq. 19 by Σ_{k≠l}: mMHE pushes 2/τ times as hard."""
    mmhe, mvicreg = decompose(load("mmhe")), decompose(load("mvicreg"))
    tau = load("mmhe").parameters().tau
    assert equal(mmhe.weight[H], 2 / tau * mvicreg.weight[H])


# ---- Table 5 ----


@pytest.mark.parametrize("name", ORIGINALS.values())
def test_the_first_step_gates_what_the_original_has(name: str) -> None:
    step, original = decompose(load(f"{name}_gd")), decompose(load(name))
    for view, weight in original.weight.items():
        assert equal(step.weight[view], weight)
    assert equal(step.ratio, original.ratio)
    assert isinstance(step.dissipation, Step)
    assert step.dissipation.atoms(Hardest)
    assert not step.remainder
    assert step.radial == 0


@pytest.mark.parametrize("name", ["mhe", "barlow_twins", "vicreg"])
def test_the_second_step_keeps_the_pull_and_not_the_ratio(name: str) -> None:
    step, original = decompose(load(f"{name}_gd_w")), decompose(load(name))
    final = decompose(load(dict(zip(ORIGINALS.values(), MODIFIED, strict=True))[name]))
    assert equal(step.weight[H], final.weight[H])
    gate = step.dissipation
    assert equal(step.coefficients.pull, gate * original.coefficients.pull)
    assert equal(step.coefficients.diagonal, gate * original.coefficients.diagonal)


def test_vicregs_own_ratio_is_negative_and_would_repel_the_positive() -> None:
    kept = decompose(modify("vicreg", weight="softmax"))
    assert kept.ratio.could_extract_minus_sign()
    pulled = decompose(modify("vicreg", weight="softmax", ratio="pull"))
    assert not pulled.ratio.could_extract_minus_sign()


# ---- every triple ----

WEIGHTS = [*forms(WEIGHT), "softmax:over=batch,view=cross", "energy:view=cross"]


@pytest.mark.parametrize("pool", ["cross-view", "same-view"])
@pytest.mark.parametrize(("gd", "ratio"), list(product(forms(DISSIPATION), forms(RATIO))))
def test_the_gauge_gives_back_every_triple(pool: str, gd: str, ratio: str) -> None:
    for weight in WEIGHTS:
        result = explain(compose(gd=gd, weight=weight, ratio=ratio, pool=pool))
        assert set(result.agreement) == {DISSIPATION, WEIGHT, RATIO}
        assert all(x is Verdict.PROVED for x in result.agreement.values()), weight
        assert not result.decomposition.remainder
        assert result.decomposition.radial == 0


@pytest.mark.parametrize("weight", ["softmax", "hardest", "uniform"])
def test_the_gauge_gives_back_weights_over_both_pools(weight: str) -> None:
    result = explain(compose(gd="hinge", weight=weight, ratio="met", pool="both views"))
    assert set(result.decomposition.weight) == {H, H_PRIME}
    assert all(x is Verdict.PROVED for x in result.agreement.values())


@pytest.mark.parametrize("ratio", [1.5, "met"])
@pytest.mark.parametrize("weight", ["softmax", "power", "hardest", "linear"])
def test_the_surrogate_trains_with_the_paradigms_gradient(weight: str, ratio: str) -> None:
    loss = compose(gd="infonce", weight=weight, ratio=ratio)
    h, h_prime = (x.requires_grad_() for x in unit_batch(6, 5))
    by_h = torch.autograd.grad(fast(loss)(h, h_prime), h)[0]
    values = default_values(loss, 6, 5)
    at = (h.detach(), h_prime.detach(), values)
    made = loss.ingredients
    negatives = sum_samples(
        lambda k: (
            made.weight[H_PRIME].xreplace({NEGATIVE: k})
            * (
                Component(H_PRIME, k, FEATURE)
                - made.positive.scalar * Component(H_PRIME, ANCHOR, FEATURE)
            )
        ),
        other_than=ANCHOR,
    )
    paradigm = evaluate(made.dissipation * negatives, *at, (ANCHOR, FEATURE))
    assert torch.allclose(6 * by_h, paradigm, rtol=1e-10, atol=1e-12)


# ---- what is kept of a base ----

BASES = [
    "infonce", "arccon", "mpt", "met", "mat", "dcl", "simple", "spectral", "siglip", "uniform",
    "mhe", "mhs", "mhs_anchor", "barlow_twins", "vicreg", "vicreg_original", "alpha_infonce",
    "alpha_triplet", "hard_simple", "tao_barlow",
]  # fmt: skip


@pytest.mark.parametrize("name", BASES)
def test_one_component_replaced_leaves_the_others(name: str) -> None:
    original = decompose(load(name))
    result = explain(modify(name, gd="hinge"))
    assert all(x is Verdict.PROVED for x in result.agreement.values())
    for view, weight in original.weight.items():
        assert equal(result.decomposition.weight[view], weight)
    if original.ratio is not None:
        assert equal(result.decomposition.ratio, original.ratio)
    kept = {x.name for x in original.objective.hyper}
    assert {x.name for x in result.objective.hyper} <= kept | {"m"}


@pytest.mark.parametrize("name", ["infonce", "arccon", "mpt", "met", "alpha_infonce"])
def test_a_kept_dissipation_is_derived_again(name: str) -> None:
    result = explain(modify(name, weight="uniform", ratio="2"))
    assert equal(result.decomposition.dissipation, decompose(load(name)).dissipation)
    assert not result.decomposition.no_gauge


def test_what_no_component_holds_is_said() -> None:
    result = explain(modify("vicreg", gd="hinge"))
    assert result.dropped == (
        "the remainder of variance",
        "the remainder of covariance",
        "its radial part",
    )
    assert "Dropped: the remainder of variance" in result.render("text")
    assert explain(compose(weight="softmax", ratio=1)).dropped == ()


def test_the_diagonal_of_barlow_twins_is_kept_with_its_ratio() -> None:
    step = decompose(modify("barlow_twins", gd="hinge"))
    assert equal(step.ratio_diagonal, decompose(load("barlow_twins")).ratio_diagonal)
    assert decompose(modify("barlow_twins", gd="hinge", ratio=1.5)).ratio_diagonal == 0


# ---- hyper-parameters ----


def names_of(loss: Modified) -> list[str]:
    return [x.name for x in loss.hyper]


def test_names_that_clash_are_told_apart() -> None:
    assert names_of(modify("infonce", weight="softmax")) == ["tau", "tau_w"]
    assert names_of(compose(gd="infonce", weight="softmax", ratio=1)) == ["tau_gd", "tau_w", "r"]
    both = modify("arccon", gd="arccon", ratio="arccon")
    assert names_of(both) == ["tau", "tau_gd", "u_gd", "u_r"]
    nested = modify(modify("infonce", weight="softmax"), ratio="pull", weight="softmax:tau=1")
    assert names_of(nested) == ["tau", "tau_w"] or names_of(nested) == ["tau", "tau_w", "tau_w2"]
    text = explain(modify("infonce", weight="softmax:tau=0.1")).render("text")
    assert "tau of the weight is called tau_w: the loss has another tau." in text
    assert "τ_W" in text


def test_symbols_that_clash_stay_two() -> None:
    loss = modify("infonce", weight="softmax:tau=0.1")
    values = loss.defaults()
    assert (values["tau"], values["tau_w"]) == (Rational(1, 20), Rational(1, 10))
    d = decompose(loss, {"tau_w": 1})
    assert {str(x) for x in d.weight[H_PRIME].free_symbols} & {"tau", "tau_w"} == set()
    assert "tau" in {str(x) for x in d.dissipation.free_symbols}


def test_settings_are_new_defaults() -> None:
    loss = modify("vicreg", gd="hinge", nu_cov="20", m=0.1)
    assert loss.defaults()["nu_cov"] == 20
    assert loss.defaults()["m"] == Rational(1, 10)
    with pytest.raises(ContragradError, match="nothing uses any more"):
        modify("vicreg", weight="softmax", ratio=1, nu_cov=20)
    with pytest.raises(ContragradError, match="Did you mean tau"):
        compose(weight="softmax", ratio=1, tua=1)


# ---- errors ----


class Nowhere(_Printed):
    """The pushes sum to zero."""

    def terms(self, i, x):
        return cosine(i, i)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: modify("infonc"), "Did you mean"),
        (lambda: modify("align", weight="softmax"), "has no negatives to weigh"),
        (lambda: modify("align", ratio=1), "no negatives that a weight or a ratio"),
        (lambda: modify(Nowhere(), weight="softmax"), r"--ratio 1\.5"),
        (lambda: compose(weight="softmax", ratio="pull"), "without a base needs a ratio"),
        (lambda: compose(weight="softmax", ratio=1, pool="cross"), "unknown pool 'cross'"),
        (lambda: compose(gd="hing", weight="softmax", ratio=1), "Did you mean hinge"),
    ],
)
def test_what_cannot_be_built_is_said_clearly(make: object, message: str) -> None:
    with pytest.raises(ContragradError, match=message):
        make()


def test_an_undefined_ratio_can_be_given_or_the_pull_kept() -> None:
    assert decompose(modify(Nowhere(), weight="softmax", ratio=2)).ratio.name == "r"
    pulled = decompose(modify(Nowhere(), weight="softmax", ratio="pull"))
    assert pulled.coefficients.pull == decompose(Nowhere()).coefficients.pull


def test_a_component_error_is_the_users() -> None:
    with pytest.raises(ComponentError):
        modify("align", weight="softmax")


# ---- recipes ----


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
    assert "exists" in clash.output


def test_compose_builds_from_components_or_from_phi_and_psi(tmp_path: Path) -> None:
    file = str(tmp_path / "loss.json")
    made = run("compose", "--weight", "uniform", "--ratio", "1", "--save", file)
    assert made.exit_code == 0, made.output
    assert "pool    cross-view" in " ".join(made.output.split("Recipe")[-1].split("\n"))
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
