"""The drawn batches are what their regime says."""

import pytest
import torch
from hypothesis import find, given
from hypothesis import strategies as st

from derive.errors import InputError, UnknownNameError
from verify.strategies import (
    EPS,
    MIN_GAP,
    REGIMES,
    TIED,
    Batch,
    hyperspherical_batches,
    smallest_gap,
)


def gaps(batch):
    """Each anchor's two largest cross-view negatives, one minus the other."""
    cosines = (batch.h @ batch.h_prime.T).fill_diagonal_(-torch.inf)
    top = cosines.topk(2, dim=1).values
    return top[:, 0] - top[:, 1]


def only(regime, **limits):
    return hyperspherical_batches(regimes=[regime], **limits)


@given(batch=hyperspherical_batches())
def test_rows_are_unit_float64_vectors_of_the_drawn_shape(batch):
    for view in (batch.h, batch.h_prime):
        assert view.shape == (batch.n, batch.d)
        assert view.dtype == torch.float64
        assert (view.norm(dim=1) - 1).abs().max() <= 4 * EPS


@given(batch=hyperspherical_batches())
def test_no_anchor_has_tied_negatives(batch):
    assert smallest_gap(batch.h, batch.h_prime) >= MIN_GAP


def test_the_gap_finds_a_planted_tie():
    batch = Batch("independent", n=4, d=3, seed=1)
    tied = batch.h_prime.clone()
    tied[1] = tied[2]
    assert smallest_gap(batch.h, batch.h_prime) > 1e-6
    assert smallest_gap(batch.h, tied) == 0
    assert smallest_gap(tied, batch.h) == 0


@given(batch=only("paired"))
def test_paired_views_are_close(batch):
    assert (batch.h - batch.h_prime).norm(dim=1).max() < 0.35


@given(batch=only("narrow_cone"))
def test_a_narrow_cone_is_narrow(batch):
    everything = torch.cat([batch.h, batch.h_prime])
    assert (everything @ everything.T).min() > 0.97


@given(batch=only("planted_hard_negative"))
def test_a_planted_negative_is_harder_than_the_positive(batch):
    cosines = batch.h @ batch.h_prime.T
    assert cosines[0, 1] > cosines[0, 0]


@given(batch=only("near_collapse"))
def test_near_collapse_is_nearer_than_any_cone(batch):
    everything = torch.cat([batch.h, batch.h_prime])
    assert (everything @ everything.T).min() > 1 - 1e-5


@given(batch=only("antipodal"))
def test_antipodal_views_are_opposite(batch):
    assert (batch.h * batch.h_prime).sum(dim=1).max() < -0.9


@given(batch=only("duplicates", min_n=3))
def test_duplicates_are_copied_exactly(batch):
    copies = [len(view.unique(dim=0)) < batch.n for view in (batch.h, batch.h_prime)]
    assert any(copies)


def test_one_dimension_is_drawn_where_ties_are_meant():
    assert set(TIED) == {"duplicates"}
    line = find(only("duplicates", min_d=1), lambda batch: batch.d == 1)
    assert line.h.abs().eq(1).all()
    mixed = hyperspherical_batches(min_d=1, regimes=["independent", "duplicates"])
    assert find(mixed, lambda batch: batch.regime == "independent").d == 2


@given(batch=only("near_tie"))
def test_near_ties_are_near_and_not_ties(batch):
    assert batch.n >= 3
    assert MIN_GAP <= gaps(batch)[0] <= 2**25 * EPS


@pytest.mark.parametrize("regime", [*REGIMES, *TIED])
@given(data=st.data())
def test_a_batch_is_rebuilt_from_its_repr(regime, data):
    batch = data.draw(only(regime))
    again = eval(repr(batch), {"Batch": Batch})
    assert again == batch
    assert torch.equal(again.h, batch.h)
    assert torch.equal(again.h_prime, batch.h_prime)


def test_every_regime_is_drawn():
    seen = set()

    @given(batch=hyperspherical_batches())
    def draw(batch):
        seen.add(batch.regime)

    draw()
    assert seen == set(REGIMES)


def test_batches_shrink_to_the_smallest():
    crowd = find(hyperspherical_batches(), lambda batch: batch.n * batch.d >= 20)
    assert (crowd.regime, crowd.seed) == ("independent", 0)
    assert crowd.n * crowd.d <= 21


@given(batch=hyperspherical_batches(min_n=4, max_n=5, min_d=3, max_d=3))
def test_limits_are_kept(batch):
    assert batch.n in (4, 5)
    assert batch.d == 3


@pytest.mark.parametrize(
    "limits",
    [
        {"min_n": 1},
        {"min_d": 1},
        {"min_n": 6, "max_n": 5},
        {"max_n": 2},  # near_tie needs three
        {"regimes": []},
    ],
    ids=str,
)
def test_impossible_limits_are_refused(limits):
    with pytest.raises(InputError):
        hyperspherical_batches(**limits)


def test_two_pairs_are_enough_without_near_ties():
    assert find(only("paired", max_n=2), lambda batch: True).n == 2


def test_an_unknown_regime_names_the_nearest():
    with pytest.raises(UnknownNameError, match="near_tie"):
        only("near_ties")


def test_a_crowded_draw_is_an_error_not_an_endless_loop(monkeypatch):
    monkeypatch.setattr("verify.strategies.MIN_GAP", 3.0)  # cosines differ by 2 at most
    monkeypatch.setattr("verify.strategies._ATTEMPTS", 3)
    with pytest.raises(InputError, match="crowded"):
        _ = Batch("independent", n=3, d=2, seed=0).h
