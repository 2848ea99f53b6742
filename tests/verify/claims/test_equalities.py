"""Printed equations with planted misprints, and true ones."""

from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from sympy import Expr, Integer, sqrt

from derive.nodes import ANCHOR, FEATURE, H_PRIME, NEGATIVE, Component, H, N, View
from derive.notation import cosine, same_view, sum_samples
from verify.claims.equalities import Equation, gradient, gradient_of
from verify.claims.model import Claim, Judged, Judgement, Outcome
from verify.claims.p001 import losses
from verify.claims.p001.notation import LAMBDA, MARGIN, NU, TAU, exp_over_tau, space, tau
from verify.claims.together import Together


def equation_1(sign: int = 1, view: View = H_PRIME, temperature: Expr = tau) -> Equation:
    """Eq. 1 of 001, with the sign of the pull, the view of the negatives and τ below the line."""

    def term(k: Expr) -> Expr:
        apart = Component(view, k, FEATURE) - sign * Component(H_PRIME, ANCHOR, FEATURE)
        return exp_over_tau(cosine, ANCHOR, k) * apart

    everything = sum_samples(lambda k: exp_over_tau(cosine, ANCHOR, k))
    printed = sum_samples(term, other_than=ANCHOR) / (temperature * everything)
    return gradient_of("L_i", losses.infonce(), printed, space(TAU))


RIGHT = equation_1()


def test_a_true_equation_is_exact() -> None:
    found = RIGHT(0)
    assert found.outcome is Outcome.EXACT
    assert found.correction == ""
    assert "proved" in found.evidence[0]


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (equation_1(sign=-1), "[sign]"),
        (equation_1(view=H), "[view]"),
        (equation_1(temperature=Integer(1)), "[missing factor]"),
        (equation_1(temperature=1 / tau), "[temperature]"),
    ],
)
def test_a_planted_misprint_is_false_and_mended(wrong: Equation, kind: str) -> None:
    found = wrong(0)
    assert found.outcome is Outcome.FALSE
    assert "counterexample" in found.evidence[0]
    assert "seed" in found.evidence[0]
    assert kind in found.correction
    assert "corrected: exact; proved" in found.evidence[1]


@pytest.mark.slow
def test_two_planted_misprints_are_mended_together() -> None:
    wrong = replace(equation_1(sign=-1, view=H), mending=("sign", "view"))
    found = wrong(0)
    assert found.outcome is Outcome.FALSE
    assert "[sign]" in found.correction
    assert "[view]" in found.correction


def test_what_no_edit_mends_has_no_correction() -> None:
    c = cosine(ANCHOR, ANCHOR)
    found = Equation(c, 7 * c**2 + Integer(3), space(), mending=("sign", "view"))(0)
    assert found.outcome is Outcome.FALSE
    assert found.correction == ""
    assert "pairs of edits" in found.evidence[-1]


def test_a_misprint_in_the_scalar_is_found_there() -> None:
    """max for min in L^tri: the gradient that is printed is that of the loss meant."""
    printed = gradient(losses.triplet_meant(losses.projected))
    wrong = gradient_of("L^tri", losses.triplet(losses.projected), printed, space(MARGIN))
    found = replace(wrong, mending=("extremum",))(0)
    assert found.outcome is Outcome.FALSE
    assert "in L^tri" in found.correction
    assert "[extremum]" in found.correction


def test_up_to_a_multiple_of_the_anchor_is_tangent() -> None:
    printed = -2 / N * Component(H_PRIME, ANCHOR, FEATURE)
    test = gradient_of("L^a", losses.alignment(), printed, space())
    assert test(0).outcome is Outcome.TANGENT
    entries = replace(test, entries=True, mending=())
    assert entries(0).outcome is Outcome.FALSE  # nothing is left out of a diagonal


def test_conditions_are_named_and_found() -> None:
    def over_others(pair: Callable[[Expr, Expr], Expr]) -> Expr:
        return sum_samples(lambda k: pair(ANCHOR, k), other_than=ANCHOR)

    test = Equation(over_others(cosine), over_others(same_view), space())
    found = test(0)
    assert found.outcome is Outcome.CONDITIONAL
    assert [x.split(":")[0] for x in found.conditions] == ["views interchangeable"]
    assert any("batches that satisfy them" in x for x in found.evidence)
    assert "[view]" in found.correction


def test_a_derivation_that_is_at_fault_decides_nothing() -> None:
    """The derived side is compared with differences of the scalar, by other rules."""
    wrong = replace(RIGHT, derived=2 * RIGHT.derived, printed=2 * RIGHT.printed)
    found = wrong(0)
    assert found.outcome is Outcome.UNDECIDED
    assert "difference quotient" in found.evidence[0]


def test_what_is_equal_and_not_proved_is_undecided() -> None:
    c, s = cosine(ANCHOR, ANCHOR), cosine(NEGATIVE, NEGATIVE)
    apart = sqrt(1 - c) / sqrt(1 - s)
    found = Equation(apart, sqrt((1 - c) / (1 - s)), space())(0)
    assert found.outcome is Outcome.UNDECIDED
    assert "no difference at" in found.evidence[0]


def test_a_claim_cannot_hold_a_verdict() -> None:
    words = {"verdict", "outcome", "judgement", "correction"}
    assert not words & {x.name for x in fields(Claim)}
    claim = Claim("x-1", "x", "x", "x", "x", RIGHT)
    with pytest.raises(TypeError):
        Claim("x-1", "x", "x", "x", "x", RIGHT, verdict="exact")  # type: ignore[call-arg]
    assert claim.judged().to_json()["verdict"] == "exact"


def test_a_test_that_breaks_decides_nothing() -> None:
    def broken(seed: int) -> Judgement:
        raise ValueError("no such thing")

    found = Claim("x-1", "x", "x", "x", "x", broken).judged()
    assert isinstance(found, Judged)
    assert found.judgement.outcome is Outcome.UNDECIDED
    assert "no such thing" in found.judgement.evidence[0]


def test_several_formulas_are_as_good_as_the_weakest() -> None:
    wrong = replace(equation_1(sign=-1), mending=("sign",))
    assert Together({"one": RIGHT, "two": RIGHT})(0).outcome is Outcome.EXACT
    found = Together({"one": RIGHT, "two": wrong})(0)
    assert found.outcome is Outcome.FALSE
    assert found.correction.startswith("two: ")


def test_a_symbol_for_another() -> None:
    e = NU.symbol * cosine(ANCHOR, ANCHOR)
    found = Equation(e, e.xreplace({NU.symbol: LAMBDA.symbol}), space(NU, LAMBDA))(0)
    assert "[symbol]" in found.correction


def test_another_part_of_the_paper_changed_places() -> None:
    c = cosine(ANCHOR, ANCHOR)
    found = Equation(c, c**3, space(), elsewhere={"y": c})(0)
    assert found.correction.startswith("what is printed for y")
