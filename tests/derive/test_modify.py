"""Components replaced in any loss: every triple, what is kept, and what is refused."""

from itertools import product

import pytest
import torch
from sympy import Rational

from derive.components import DISSIPATION, RATIO, WEIGHT, forms
from derive.components.spec import ComponentError
from derive.errors import ContragradError
from derive.identity import vanishes
from derive.modification import Modified, compose, explain, modify
from derive.nodes import ANCHOR, FEATURE, H_PRIME, NEGATIVE, Component, H
from derive.notation import cosine, sum_samples
from derive.objective import SAME, Objective
from derive.objectives import load
from derive.paradigm import decompose
from derive.torch import objective as fast
from derive.torch.lowering import evaluate
from derive.verdict import Verdict
from tests.catalogue import thinned
from tests.derive.batches import default_values, unit_batch


def equal(a: object, b: object) -> bool:
    return vanishes(a - b) is Verdict.PROVED


# ---- every triple ----

WEIGHTS = [*forms(WEIGHT), "softmax:over=batch,view=cross", "energy:view=cross"]


@pytest.mark.parametrize("pool", ["cross-view", "same-view"])
@pytest.mark.parametrize(("gd", "ratio"), thinned([*product(forms(DISSIPATION), forms(RATIO))], 4))
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


@pytest.mark.parametrize(
    "name", ["infonce", "arccon", "mpt", "met", "alpha_infonce", "infonce_symmetric"]
)
def test_a_kept_dissipation_is_derived_again(name: str) -> None:
    result = explain(modify(name, weight="uniform", ratio="2"))
    assert equal(result.decomposition.dissipation, decompose(load(name)).dissipation)
    assert not result.decomposition.no_gauge


def test_a_weight_that_holds_the_positive_is_said_to_share_the_gate() -> None:
    result = explain(modify("alpha_lifted", gd="hinge"))
    assert result.agreement[DISSIPATION] is Verdict.UNDECIDED
    assert "Their product is the same." in " ".join(result.render("text").split())


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


class Nowhere(Objective):
    """It has a pull, and no push."""

    title, source, reduction = "a loss", "this test", "mean over anchors"
    differentiated, pool = "anchor", SAME

    def terms(self, i, x):
        return -cosine(i, i)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: modify("infonc"), "Did you mean"),
        (lambda: modify("align", weight="softmax"), "has no negatives to weigh"),
        (lambda: modify("align", ratio=1), "has no negatives, and a ratio is per unit"),
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
