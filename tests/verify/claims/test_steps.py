"""A claim is decided by a proof and a search: neither alone is believed where they disagree."""

import pytest
from sympy import Symbol, cos, sin

from derive.nodes import ANCHOR, NEGATIVE
from derive.notation import cosine, same_view
from verify.claims.model import Judgement, Outcome
from verify.claims.points import Space
from verify.claims.steps import Fact, Step, corrected, decided, first, under, unequal

X = Symbol("x", real=True)


def nothing(seed):
    return None


def something(seed):
    return "x = 1"


def test_a_proof_without_a_counterexample_is_exact():
    step = Step("sin² + cos² = 1", sin(X) ** 2 + cos(X) ** 2 - 1)
    assert decided([step], nothing, 0).outcome is Outcome.EXACT


def test_a_counterexample_alone_refutes():
    found = decided([Step("x = 0", X)], something, 0)
    assert found.outcome is Outcome.FALSE
    assert "x = 1" in found.evidence[0]


def test_nothing_is_said_of_a_search_that_was_not_made():
    without, after = (decided([Fact("it is so", True)], x, 0) for x in (None, nothing))
    assert "among the points searched" in after.evidence[-1]
    assert "among the points searched" not in "".join(without.evidence)


def test_neither_is_undecided():
    assert decided([Fact("nobody knows", False)], nothing, 0).outcome is Outcome.UNDECIDED


def test_both_are_a_fault_and_raise():
    with pytest.raises(AssertionError, match="proved, and yet"):
        decided([Fact("it is so", True)], something, 0)


def test_a_step_that_almost_vanishes_is_not_proved():
    assert not Step("x² = x² + 1e-6", (X + 1) ** 2 - X**2 - 2 * X - 1 + X / 10**6).proved


def test_the_smallest_set_of_conditions_is_found():
    def test(conditions):
        return Judgement(Outcome.EXACT if {"b", "c"} <= conditions else Outcome.FALSE)

    found = under(("a", "b", "c"), test)
    assert (found.outcome, found.conditions) == (Outcome.CONDITIONAL, ("b", "c"))
    assert under(("a",), test).outcome is Outcome.FALSE
    assert under(("a",), lambda x: Judgement(Outcome.EXACT)).conditions == ()


def test_a_correction_is_the_first_candidate_that_holds():
    false, exact = Judgement(Outcome.FALSE), Judgement(Outcome.EXACT)
    found = corrected(false, [("no", lambda: false), ("yes", lambda: exact)], "two")
    assert found.correction == "yes"
    assert not corrected(false, [("no", lambda: false)], "one").correction
    assert corrected(exact, [("yes", lambda: exact)], "one") == exact


def test_unequal_expressions_are_told_apart_at_points():
    left, right = cosine(ANCHOR, NEGATIVE), same_view(ANCHOR, NEGATIVE)
    assert first(nothing, unequal(left, right, Space()))(0)
    assert unequal(left, left, Space())(0) is None
