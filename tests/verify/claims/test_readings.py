"""Readings keep the value, and a norm, an equation or a limit that is wrong is not passed."""

import pytest
from sympy import Integer, Symbol, oo

from derive.nodes import Cos, Exp, Hinge, Log, N, Sin
from derive.notation import cosine
from verify.claims.hats import algebraic, norm, raw
from verify.claims.lengths import Length
from verify.claims.limits import Limit
from verify.claims.model import Outcome
from verify.claims.p003.notation import (
    POSITIVE,
    TAU,
    THETA_I,
    I,
    largest,
    partition,
    pull,
    raw_space,
    sine,
    unit_space,
)
from verify.claims.points import gap
from verify.claims.read_equations import ReadEquation
from verify.claims.readings import opened

P = partition()
FORMULAS = (
    Log(1 + P / Exp(POSITIVE / TAU)),
    Log(1 + Exp(-POSITIVE / TAU + Log(P))),
    Hinge(-POSITIVE / TAU + Log((N - 1) * largest(lambda k: Exp(cosine(I, k) / TAU)))),
    Hinge((POSITIVE - largest(lambda k: 2 * cosine(I, k) + 1)) / TAU),
)


@pytest.mark.parametrize("formula", FORMULAS)
def test_opened_keeps_the_value(formula):
    assert gap(opened(formula), formula, unit_space("infonce").draws(3)).vanishes


@pytest.mark.parametrize(
    "formula", [Sin(THETA_I), Cos(THETA_I), Sin(THETA_I / 2), Cos(THETA_I / 2)]
)
def test_algebraic_keeps_the_value(formula):
    assert gap(algebraic(formula), formula, unit_space("infonce").draws(3)).vanishes


def test_raw_embeddings_are_normalised():
    points = raw_space("infonce").draws(3)
    assert gap(raw(POSITIVE) * norm(), raw(POSITIVE * norm()), points).vanishes
    assert not gap(raw(POSITIVE), POSITIVE, points).vanishes


@pytest.mark.parametrize(
    ("printed", "outcome"),
    [
        (sine(POSITIVE) / TAU / norm(), Outcome.EXACT),
        (-sine(POSITIVE) / TAU / norm(), Outcome.FALSE),
        (sine(POSITIVE) / TAU, Outcome.FALSE),
        (Sin(THETA_I / 2) / TAU / norm(), Outcome.FALSE),
    ],
)
def test_only_the_norm_passes(printed, outcome):
    assert Length(pull("dcl"), printed, raw_space("dcl"), most=1)(0).outcome is outcome


def test_a_wrong_constant_is_solved_for():
    right = -POSITIVE / TAU + 1 / TAU
    found = ReadEquation(right, -POSITIVE / TAU + 2, unit_space("dcl"), lambda e: e)(0)
    assert found.outcome is Outcome.FALSE
    assert "1/tau for 2 [constant, solved for]" in found.correction


def test_a_wrong_limit_is_refuted_with_the_right_one():
    n = Symbol("n", positive=True)
    assert Limit(n / (n + 1), n, oo, Integer(1))(0).outcome is Outcome.EXACT
    found = Limit(n / (n + 1), n, oo, Integer(2))(0)
    assert found.outcome is Outcome.FALSE
    assert found.correction == "derived, not an edit: the limit is 1"
    assert Limit(n**2 / (n + 1), n, oo, Integer(1))(0).outcome is Outcome.FALSE
