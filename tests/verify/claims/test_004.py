"""α-CL: what is found of the table, the gradient, the two players; and planted faults."""

import numpy as np
import pytest
from sympy import Integer, Matrix, Rational, diag, sqrt

from derive.identity import vanishes
from derive.nodes import Log
from derive.verdict import Verdict
from verify.claims.model import Outcome
from verify.claims.p004 import (
    covariance,
    gradient,
    importance,
    landscape,
    linear,
    minimiser,
    reductions,
    relu,
    table,
)

FOUND = {
    "mine": (Outcome.FALSE, "(the named loss) + log(N − 1)"),
    "soft-triplet-pairwise": (Outcome.CONDITIONAL, ""),
}


@pytest.mark.parametrize("claim", table.claims(), ids=lambda x: x.id)
def test_rows_are_what_they_are_named_after(claim):
    wanted = FOUND.get(claim.id.removeprefix("004-table-"), (Outcome.EXACT, ""))
    found = claim.judged().judgement
    assert (found.outcome, found.correction) == wanted


def test_a_row_named_after_another_loss_is_refuted():
    triplet = table.ROWS[2]
    mixed = table.Row(triplet.key, "", "", table.ROWS[-1].named)
    found = table.judge(0, row=mixed)
    assert found.outcome is Outcome.FALSE
    assert not found.correction


def test_logarithms_are_compared_and_not_confused():
    x = table.closer()
    for factor, wanted in ((2, Verdict.PROVED), (3, Verdict.UNDECIDED)):
        rest = reductions.difference(Log(factor * x), Log(x) + Log(Integer(2)))
        assert vanishes(rest) is wanted


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alpha_infonce", "alpha_triplet"])
def test_the_gradient_is_that_of_the_energy(name):
    assert gradient.member(0, name=name).outcome is Outcome.EXACT


def test_without_the_outer_slope_it_is_not():
    assert gradient.member(0, name="alpha_mine", outer=False).outcome is Outcome.FALSE
    assert gradient.any_functions(0, n=2, outer=False).outcome is Outcome.FALSE


def test_opaque_functions_obey_the_chain_rule():
    assert gradient.any_functions(0, n=2).outcome is Outcome.EXACT


@pytest.mark.slow
def test_alpha_has_to_be_stopped():
    found = gradient.not_stopped(0)
    assert (found.outcome, found.conditions) == (Outcome.CONDITIONAL, (gradient.STOPPED,))


def test_the_min_player_favours_similar_pairs_in_five_of_eight_losses():
    (condition,) = importance.every_member(0).conditions
    assert condition.count("alpha_") == 5
    for name in ("alpha_triplet", "alpha_modified_triplet", "alpha_triplet_contrastive"):
        assert importance.grows(0, name=name).outcome is Outcome.FALSE


def test_the_minimiser_needs_the_positive_left_out_or_a_slot_for_it():
    found = minimiser.minimises(0)
    assert (found.outcome, found.conditions) == (Outcome.CONDITIONAL, (minimiser.NO_OFFSET,))
    assert "α_0" in found.correction


def test_another_temperature_has_another_minimiser():
    assert minimiser.minimises(0, times=2).outcome is Outcome.FALSE


def test_the_maximum_is_that_of_pca_where_the_top_eigenvalue_is_not_negative():
    found = linear.maximum(0)
    assert found.conditions == (linear.NOT_NEGATIVE,)
    assert f"it also holds under: {linear.POSITIVE}" in found.evidence
    assert linear.maximum(0, times=2).outcome is not Outcome.CONDITIONAL
    assert linear.rank_one(0).conditions == (linear.POSITIVE, linear.SIMPLE)
    assert linear.deep_rank_one(0).conditions == (linear.POSITIVE,)


@pytest.mark.parametrize("top", [1.0, 0.0, -1.0])
def test_by_ascents_the_maximum_is_the_top_eigenvalue_or_zero(top):
    """Three layers that can multiply to 0: a negative top eigenvalue is passed."""
    network = landscape.Network((3, 2, 2, 2), (top, -1.5, -2.0))
    layers = landscape.ascended(network, 0)
    w = landscape._product(layers, 3)
    ends = np.einsum("nij,jk,nik->n", w, np.diag(network.eigenvalues), w)
    assert ends.max() == pytest.approx(max(top, 0.0), abs=1e-6)


@pytest.mark.slow
def test_the_contrastive_covariance_is_pcas_without_augmentation_alone():
    assert covariance.is_covariance(0).conditions == covariance.CONDITIONS
    assert covariance.is_covariance(0, times=2).outcome is Outcome.FALSE


@pytest.mark.slow
def test_local_optima_are_global_with_few_layers_or_a_definite_matrix():
    found = landscape.global_optima(0)
    assert found.outcome is Outcome.CONDITIONAL
    assert found.conditions == (linear.POSITIVE, linear.SIMPLE, landscape.FEW)
    assert any(landscape.NOWHERE_NEGATIVE in x for x in found.evidence if "also" in x)


def test_the_spurious_optimum_is_one():
    """By hand: W_3 W_2 = 0, W_1 = (0, 1): a move nearby gives at most 0, and 1 is reached."""
    value, signed = landscape.spurious()
    a, b, p, q, r, s = sorted(value.free_symbols, key=str)
    at = {a: 0, b: 1, p: 1, q: 0, r: 0, s: 1}
    assert value.subs(at) == 0
    for step in (Rational(1, 10), Rational(-1, 1000)):
        near = {x: at[x] + k * step for k, x in enumerate(at, 1)}
        assert value.subs(near) == signed.subs(near) < 0
    assert value.subs({a: 1, b: 0, p: 1, q: 0, r: 1, s: 0}) == 1


@pytest.mark.slow
def test_ascents_get_stuck_where_they_may():
    assert landscape.measured(landscape.NETWORKS[0], 0).count("100 of 100") == 1
    assert "100 of 100" not in landscape.measured(landscape.NETWORKS[-1], 0)


def test_a_relu_fixed_point_of_rank_two():
    assert relu.higher_rank(0).outcome is Outcome.EXACT
    lopsided = (diag(1, 2) * Matrix([x.T for x in relu.X]) / sqrt(5), relu.POINT[1])
    assert relu.higher_rank(0, lopsided).outcome is not Outcome.EXACT
    rank_one = (Matrix([relu.X[0].T, relu.X[0].T]) / sqrt(2), relu.POINT[1])
    assert relu.higher_rank(0, rank_one).outcome is not Outcome.EXACT
