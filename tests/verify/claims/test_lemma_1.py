"""Lemma 1 of 001: what is found of it, and that wrong bounds do not pass."""

from functools import partial

import pytest
from sympy import cos, sin, sqrt

from verify.claims.model import Outcome
from verify.claims.p001 import lemma_1, lemma_1_exact, lemma_1_proof, lemma_1_sphere
from verify.claims.p001.lemma_1 import ALPHA, LAM, PRINTED, ROOT, S, T
from verify.claims.p001.lemma_1_proof import THETA
from verify.claims.steps import DERIVED
from verify.numbers import mp

WRONG = {
    "the larger root": PRINTED + 2 * ROOT,
    "sin α for cos α": 1 / LAM + T * sin(ALPHA) / S - ROOT,
    "cos²α under the root": 1 / LAM + T * cos(ALPHA) / S
    - sqrt(1 / LAM**2 - T**2 * cos(ALPHA) ** 2 / S**2),
    "the sines exchanged": 1 / LAM + S * cos(ALPHA) / T - ROOT,
    "a hundredth more": PRINTED + sqrt(S) / 100,
}  # fmt: skip


def test_the_printed_bound_is_necessary_and_not_sufficient():
    assert lemma_1.necessity(0).outcome is Outcome.EXACT
    found = lemma_1.sufficiency(0)
    assert found.outcome is Outcome.FALSE
    assert found.correction == "bound < r < the bound with the sign of √ turned"


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_bound_is_not_necessary(name):
    assert lemma_1.necessity(0, WRONG[name]).outcome is Outcome.FALSE


@pytest.mark.slow
def test_a_wrong_bound_is_not_mended_by_its_own_sign():
    assert not lemma_1.sufficiency(0, WRONG["sin α for cos α"]).correction


def test_a_bound_that_grows_with_the_ratio_is_not_met_more_often():
    assert lemma_1.larger(0).outcome is Outcome.EXACT
    assert lemma_1.larger(0, PRINTED + lemma_1.R**2).outcome is Outcome.FALSE


def test_the_root_need_not_be_real():
    found = lemma_1.domain(0)
    assert (found.outcome, found.conditions) == (Outcome.CONDITIONAL, (lemma_1.DOMAIN,))
    assert "√ of a negative number" in found.evidence[-1]


def test_app_c_is_right_line_by_line_but_for_the_move_on_the_sphere():
    found = {x.id.rpartition("app-c-")[2]: x.judged().judgement for x in lemma_1_proof.claims()}
    moved = found.pop("on-the-sphere")
    assert {x.outcome for x in found.values()} == {Outcome.EXACT}
    assert moved.outcome is Outcome.FALSE
    assert "1 + λ⟨v, h_i⟩" in moved.correction


def test_a_wrong_length_is_refuted():
    x_1 = lemma_1_proof.X_1 + 2 * LAM
    zero = lemma_1_proof.boundary(x_1, situation=1)
    assert lemma_1_proof.identity("x", {"x": zero})(0).outcome is Outcome.FALSE


@pytest.mark.slow
@pytest.mark.parametrize("sufficient", [True, False])
def test_on_the_sphere_the_printed_bound_is_neither(sufficient):
    found = lemma_1_sphere.on_the_sphere(0, sufficient=sufficient)
    assert found.outcome is Outcome.FALSE
    assert found.correction == f"{DERIVED}{lemma_1_exact.TEXT}"
    assert all(f"λ={lam}" in found.evidence[-1] for lam in lemma_1_sphere.STEPS)


@pytest.mark.slow
def test_the_exact_bound_holds_on_the_sphere_and_a_wrong_one_does_not():
    both = partial(lemma_1_sphere._both, lemma_1_sphere.VECTOR)
    assert both(lemma_1_exact.EXACT, 1).outcome is Outcome.EXACT
    assert both(lemma_1_exact.EXACT + cos(THETA) / 10**3, 1).outcome is Outcome.FALSE


def test_at_the_exact_bound_the_distance_stays():
    """By hand: orthogonal positive (θ = π/2) and negative, so r = c = 0 keeps the distance."""
    right = mp.pi / 2
    for phi in (mp.mpf(1), mp.mpf(2)):
        x = [right, phi, right, mp.mpf("0.3"), mp.zero]
        assert abs(lemma_1_sphere.VECTOR.further(x)) < mp.mpf(10) ** -40


@pytest.mark.slow
def test_after_a_tangent_step_the_interval_is_enough():
    found = lemma_1_sphere.on_the_sphere(0, move=lemma_1_sphere.TANGENT, sufficient=True)
    assert found.outcome is Outcome.FALSE
    assert found.correction.startswith("bound < r <")
