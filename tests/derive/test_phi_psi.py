"""φ and ψ as text: members of the α-CL family, and clear errors for the rest."""

import pickle
import time

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.errors import ContragradError, HyperparameterError, ObjectiveError
from derive.hyper import NONNEGATIVE, POSITIVE, Hyper
from derive.identity import vanishes
from derive.objective import Objective
from derive.objectives import load
from derive.paradigm import decompose
from derive.phi_psi import alpha_objective, alpha_recipe, from_recipe
from derive.torch import objective
from derive.verdict import Verdict
from tests.derive.test_expressions import SLOWEST, mutated, texts

MEMBERS = {
    "alpha_infonce": ("tau*log(eps + x)", "exp(x/tau)", {"tau": "0.5", "eps": 1}),
    "alpha_mine": ("log(x)", "e^x", {}),
    "alpha_triplet": ("x", "max(x + eps, 0)", {"eps": 0.5}),
    "alpha_soft_triplet": ("tau*log(1+x)", "exp(x/tau + eps)", {"tau": ".5", "eps": "1/10"}),
    "alpha_n_plus_1_tuplet": ("log(1+x)", "exp(x)", {}),
    "alpha_lifted": ("max(log(x), 0)^2", "exp(x + eps)", {"eps": 1}),
    "alpha_modified_triplet": ("x", "sigmoid(c*x)", {"c": 5}),
    "alpha_triplet_contrastive": ("x", "x", {}),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_the_members_of_the_catalogue_are_written_in_one_line(name: str) -> None:
    phi, psi, parameters = MEMBERS[name]
    mine, theirs = alpha_objective(phi, psi, parameters), load(name)
    symbols = {x.symbol: y.symbol for x, y in zip(mine.hyper, theirs.hyper, strict=True)}
    difference = mine.formula().xreplace(symbols) - theirs.formula()
    assert vanishes(difference) is Verdict.PROVED
    assert [x.default for x in mine.hyper] == [x.default for x in theirs.hyper]


def test_a_pool_across_the_views_is_another_loss() -> None:
    same = alpha_objective("log(x)", "exp(x)")
    cross = alpha_objective("log(x)", "exp(x)", pool="cross-view")
    assert vanishes(same.formula() - cross.formula()) is not Verdict.PROVED
    assert set(map(str, decompose(cross).weight)) == {"h'"}


def test_what_nobody_named_is_derived_and_trains() -> None:
    mine = alpha_objective("relu(x) + x^2/N", "softplus(k*x)*abs(x)", {"k": 3}, name="mine")
    assert mine.name == "mine"
    decompose(mine)
    torch.manual_seed(0)
    h, p = torch.nn.functional.normalize(torch.randn(2, 6, 4, dtype=torch.float64), dim=-1)
    d = (h - p).square().sum(1)[:, None] / 2 - torch.cdist(h, h).square() / 2
    inside = torch.nn.functional.softplus(3 * d) * d.abs()
    x = (inside * (1 - torch.eye(6))).sum(1)
    torch.testing.assert_close(objective(mine)(h, p), (x.relu() + x**2 / 6).mean())


def test_it_is_pickled_and_compared_by_its_formula() -> None:
    mine = alpha_objective("log(eps + x)", "exp(x)", {"eps": "1/(N-1)"}, name="mine")
    again = pickle.loads(pickle.dumps(mine))
    assert (again.name, again.hyper, again.title) == (mine.name, mine.hyper, mine.title)
    assert vanishes(again.formula() - mine.formula()) is Verdict.PROVED


def test_its_recipe_makes_it_again() -> None:
    recipe = alpha_recipe("tau*log(1+x)", "exp(x/tau)", {"tau": 0.5}, pool="cross-view")
    assert recipe["parameters"] == {"tau": "1/2"}
    again = from_recipe(recipe, "again")
    assert (again.name, again.pool) == ("again", "cross-view")
    assert alpha_recipe("x", "x")["kind"] == "alpha"


def test_parameters_have_domains() -> None:
    with pytest.raises(HyperparameterError, match="τ > 0"):
        alpha_objective("x", "exp(x/tau)", {"tau": 1}).defaults({"tau": "-1"})
    assert alpha_objective("x", "x*k", {"k": "1/(N-1)"}).hyper[0].domain == POSITIVE
    alpha_objective("x", "x + m", {"m": 0}).defaults({"m": "-1"})  # real
    mine = Hyper("eps", "ε", "e", 1, NONNEGATIVE, "of a test")
    alpha_objective("log(eps + x)", "exp(x)", {"eps": mine}).defaults({"eps": 0})


@pytest.mark.parametrize(
    ("phi", "psi", "parameters", "message"),
    [
        ("1", "x", {}, "does not depend on x"),
        ("x", "tau", {"tau": 1}, "does not depend on x"),
        ("x", "x", {"tau": 1}, "stands in neither"),
        ("x", "y", {}, "no name here"),
        ("x", "x(1)", {}, "no function here"),
        ("x.real", "x", {}, "not allowed"),
        ("x", "x*exp", {}, "no name here"),
        ("x", "e*x", {"e": 1}, "has a meaning there"),
        ("x", "N*x", {"N": 1}, "sizes of the"),
        ("x/0", "x", {}, "divides by zero"),
        ("x^9", "x", {}, "over 8"),
        ("((x+1)^3+1)^3", "x", {}, "over 8"),
        ("x*9^9^9", "x", {}, "too many digits"),
    ],
)
def test_what_makes_no_loss_says_why(
    phi: str, psi: str, parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(ContragradError, match=message):
        alpha_objective(phi, psi, parameters)


def test_one_pool_is_needed() -> None:
    with pytest.raises(ObjectiveError, match="Choose 'same-view'"):
        alpha_objective("x", "x", pool="both views")  # type: ignore[arg-type]


@settings(max_examples=200)
@given(phi=st.one_of(texts, mutated(), mutated().map(lambda t: t.replace("pi", "x"))))
def test_hostile_text_is_a_loss_or_a_clear_error_and_soon(phi: str) -> None:
    begun = time.process_time()
    try:
        made: object = alpha_objective(phi, "exp(x)")
    except ContragradError as error:
        made = str(error)
    assert isinstance(made, Objective | str)
    assert time.process_time() - begun < SLOWEST
