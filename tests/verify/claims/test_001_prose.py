"""What 001 says in words: of its simulation and of formulas; wrong statements do not pass."""

import numpy as np
import pytest

from verify.claims.model import Outcome
from verify.claims.p001 import prose, prose_direction, prose_spread, prose_weight, spreads


def test_the_ratios_that_do_not_move():
    assert prose.static(0).outcome is Outcome.EXACT
    assert prose.static(0, losses=("infonce", "arccon")).outcome is Outcome.FALSE


def test_the_ratio_of_arccon_does_not_hold_the_negatives():
    found = prose.dynamic(0, loss="arccon")
    assert found.outcome is Outcome.FALSE
    assert found.correction == "derived, not an edit: R depends on θ_ii' alone"
    assert prose.dynamic(0, loss="met").outcome is Outcome.EXACT


@pytest.mark.slow
def test_dissipation_falls_where_the_angular_margin_lets_it():
    found = prose.falls(0)
    assert (found.outcome, found.conditions) == (Outcome.CONDITIONAL, ("θ_ii' < π − u",))
    assert prose.falls(0, losses=("infonce", "mpt")).outcome is Outcome.EXACT


def test_some_losses_never_dissipate():
    assert prose.never_dissipates(0).outcome is Outcome.EXACT
    assert prose.never_dissipates(0, losses=("mhe", "infonce")).outcome is Outcome.FALSE


def test_a_larger_margin_weakens_the_gate():
    assert prose.margin_weakens(0).outcome is Outcome.EXACT
    assert prose.margin_weakens(0, sign=-1).outcome is Outcome.FALSE


def test_a_ratio_that_is_constant_is_not_dynamic():
    assert prose.varies(0, loss="mhe").outcome is Outcome.EXACT
    assert prose.varies(0, loss="infonce").outcome is Outcome.FALSE


@pytest.mark.slow
def test_anchors_are_guided_the_right_way_but_for_the_angular_margin():
    assert prose_direction.guides(0).conditions == (prose_direction.WITHIN,)
    assert prose_direction.guides(0, losses=("infonce", "mpt", "met")).outcome is Outcome.EXACT
    assert prose_direction.guides(0, losses=("vicreg",)).outcome is Outcome.FALSE


def test_the_piecewise_weight_and_one_that_is_not():
    assert prose_weight.piecewise(0).outcome is Outcome.EXACT
    assert prose_weight.piecewise(0, losses=("infonce",)).outcome is Outcome.FALSE


def test_a_tie_shares_the_weight_at_every_temperature():
    found = prose_weight.cold(0)
    assert (found.outcome, found.conditions) == (Outcome.CONDITIONAL, (prose_weight.UNIQUE,))


def test_which_weights_ensure_the_hardest():
    assert prose_weight.not_ensured(0).outcome is Outcome.EXACT
    assert prose_weight.not_ensured(0, losses=("mhs_anchor",)).outcome is not Outcome.EXACT


def test_the_simulation_is_seeded_and_in_its_domain():
    own = spreads.positives(0)
    assert own.shape == (spreads.PARTS, spreads.BATCHES)
    assert own.min() >= 0
    assert own.max() <= np.pi
    assert np.allclose(spreads.hardest(0)[-1].mean(), np.pi - 0.26, atol=0.1)


@pytest.mark.parametrize("loss", spreads.LOSSES)
@pytest.mark.slow
def test_dissipation_of_the_simulation_lies_between_0_and_1(loss):
    found = spreads.dissipation(loss, 0)
    assert found.min() >= 0
    assert found.max() <= 1
    assert prose_spread.close(0, loss=loss).outcome is Outcome.CONDITIONAL


def test_the_ratio_of_met_lies_between_1_and_2_only_where_both_conditions_hold():
    found = prose_spread.mostly(0, loss="met")
    assert found.conditions[:2] == (prose_spread.ACTIVE, prose_spread.ORDERED)


@pytest.mark.slow
def test_the_hardest_negative_does_not_dominate_at_the_usual_temperature():
    found = prose_spread.focused(0)
    assert found.conditions[0] == "τ is at most 0.02"
    assert "τ=0.05: the largest average share is 0.2" in found.evidence[-1]
