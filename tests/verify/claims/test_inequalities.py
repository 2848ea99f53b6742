"""Inequalities: a false one is refuted by a point, a true one is proved or stays undecided."""

from dataclasses import replace
from random import Random

import pytest
from sympy import Integer, Max, Rational, Symbol, exp, log, oo

from derive.hyper import REAL, Hyper
from derive.nodes import Exp, Hinge, Log, N
from derive.notation import cosine, sum_samples
from derive.objectives import load
from verify.claims.adversary import worst
from verify.claims.inequalities import Inequality
from verify.claims.jensen import Jensen
from verify.claims.model import Outcome
from verify.claims.one_variable import nonnegative
from verify.claims.p003.notation import POSITIVE, TAU, I, largest, partition, unit_space
from verify.claims.points import Space
from verify.numbers import mp

REAL_X = Hyper("x", "x", "x", Integer(0), REAL, "a real number")
X = REAL_X.symbol
LINE = Space((REAL_X,))
SOFT_PLUS, UPPER = Log(1 + Exp(X)), Log(Integer(2)) + Hinge(X)
U = Symbol("u", real=True)


def test_a_true_one_of_one_variable_is_proved():
    found = Inequality(SOFT_PLUS, UPPER, LINE)(0)
    assert found.outcome is Outcome.EXACT
    assert "f(u)" in found.evidence[0]


@pytest.mark.parametrize("slack", [Rational(1, 2), Rational(68, 100)])
def test_a_false_one_is_refuted_with_a_point_however_narrow(slack):
    """log 2 = 0.693147…: just below it the inequality fails near x = 0 only."""
    found = Inequality(SOFT_PLUS, slack + Hinge(X), LINE, mending=())(0)
    assert found.outcome is Outcome.FALSE
    assert "left − right" in found.evidence[0]
    assert "x=" in found.evidence[0]


@pytest.mark.slow
def test_a_true_one_without_a_proof_is_undecided():
    left, right = cosine(I, I) ** 2 * Exp(POSITIVE), 3 * Exp(POSITIVE**3)
    assert Inequality(left, right, unit_space("infonce"))(0).outcome is Outcome.UNDECIDED


def test_a_proof_does_not_stand_against_a_point():
    lying = Inequality(UPPER, SOFT_PLUS, LINE, certificate=lambda left, right: "it is so")
    found = lying(0)
    assert found.outcome is Outcome.UNDECIDED
    assert "a point refutes it" in found.evidence[0]


def test_strictness_is_mended():
    """At x = 0 both sides are log 2."""
    at_zero = replace(LINE, values={"x": mp.mpf(0)})
    found = Inequality(SOFT_PLUS, UPPER, at_zero, strict=True)(0)
    assert found.outcome is Outcome.FALSE
    assert found.correction == "≤ for < [strictness]"


def test_a_tiny_positive_number_is_positive():
    share = partition() / (Exp(POSITIVE / TAU) + partition())
    found = Inequality(Integer(0), share, unit_space("infonce"), strict=True)(0)
    assert found.outcome is Outcome.EXACT


def test_the_wrong_count_is_mended():
    most = largest(lambda k: cosine(I, k))
    space = replace(unit_space("infonce"), least=3)
    wrong = Inequality(Log(partition()), most / TAU + Log(N - 2), space, mending=("count",))
    right = Inequality(Log(partition()), most / TAU + Log(N - 1), space)
    assert wrong(0).outcome is Outcome.FALSE
    assert right(0).outcome is Outcome.EXACT


def _row(weight):
    return Jensen("log", lambda k, i: Exp(cosine(i, k)), weight, True)


def _mean_log():
    return (
        sum_samples(lambda i: Log(sum_samples(lambda k: Exp(cosine(i, k)), other_than=i) / (N - 1)))
        / N
    )


def _mean():
    return sum_samples(lambda i: sum_samples(lambda k: cosine(i, k), other_than=i)) / (N * (N - 1))


def test_jensen_shows_the_right_way_only():
    certificate = _row(1 / (N - 1))
    assert certificate(_mean(), _mean_log()) is not None
    assert certificate(_mean_log(), _mean()) is None


@pytest.mark.parametrize("weight", [1 / N, 2 / (N - 1), -1 / (N - 1)])
def test_jensen_refuses_weights_that_are_no_shares(weight):
    assert _row(weight)(_mean(), _mean_log()) is None


@pytest.mark.parametrize(
    ("f", "holds"),
    [
        (log(2) + Max(0, U) - log(1 + exp(U)), True),
        (log(2) - Rational(1, 1000) + Max(0, U) - log(1 + exp(U)), False),
        (exp(U) - 1 - U, True),
        (exp(U) - Rational(101, 100) - U, False),
        (U**2 - U + 1, True),
        (U**2 - U + Rational(1, 4), True),
        (U**2 - U + Rational(24, 100), False),
        (log(1 + exp(U)) - Max(0, U), True),
        (Max(0, U) - log(1 + exp(U)), False),
        (U, False),
    ],
)
def test_one_variable(f, holds):
    assert (nonnegative(f, U) is not None) is holds


@pytest.mark.slow
def test_an_interval_decides_what_no_end_does():
    """Not monotone, and no zero of the derivative in closed form."""
    f = exp(U) + U**4 - U**3 - U + 1
    assert nonnegative(f, U, Integer(-2), Integer(2)) is not None
    assert nonnegative(f - 2, U, Integer(-2), Integer(2)) is None


def test_a_point_where_one_variable_fails_is_no_proof_on_a_half_line():
    assert nonnegative(U, U, Integer(0), oo) is not None
    assert nonnegative(U, U, Integer(-1), oo) is None


def test_the_search_climbs():
    """Highest where the anchor meets its positive; drawn points are not there."""
    space = unit_space("infonce")
    inequality = Inequality(POSITIVE, Integer(1), space)
    drawn = max(inequality.excess(space.draw(k).point) for k in range(4))
    assert worst(inequality.excess, space, 0).size >= drawn


def test_the_chain_holds_for_the_loss_of_the_catalogue():
    plus = Log(Integer(2)) + Hinge(-POSITIVE / TAU + Log(partition()))
    found = Inequality(load("infonce").formula(), plus, unit_space("infonce"))(
        Random(1).randint(1, 9)
    )
    assert found.outcome is Outcome.EXACT
