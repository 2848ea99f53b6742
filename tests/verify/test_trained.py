"""What trains is compared at its sizes and in its precision, away from gates."""

import pytest
import torch

from derive.objectives import names
from derive.verdict import Verdict
from tests.catalogue import sampled
from tests.verify import faults
from verify import trained
from verify.draws import Example
from verify.ladder import run_check
from verify.strategies import Batch
from verify.subject import Subject

FAULTS = (faults.half_in_float32, faults.double_in_large_batches, faults.half_in_large_float32)


@pytest.mark.parametrize("name", sampled(names()))
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_loss_agrees(name, seed):
    verdict, detail = trained.compare(Subject.of(name), seed)
    assert verdict is Verdict.AGREED, detail
    assert "N = 8 to 300" in detail


@pytest.mark.parametrize("name", sampled(names()))
@pytest.mark.parametrize("wrap", FAULTS, ids=lambda x: x.__name__)
def test_a_fault_of_training_alone_is_refuted(name, wrap):
    for seed in range(3):
        verdict, detail = trained.compare(faults.with_fast(name, wrap), seed)
        assert verdict is Verdict.REFUTED
        assert "Batch(regime=" in detail


def test_the_precision_is_named():
    verdict, detail = trained.compare(faults.with_fast("met", faults.half_in_float32), 0)
    assert verdict is Verdict.REFUTED
    assert detail.startswith("float32 unit value")


def test_examples_keep_away_from_gates_and_ties():
    mpt = Subject.of("mpt")
    for example in trained.examples(mpt, 0):
        assert trained.is_away_from_gates(example)
    batch = Batch("independent", 8, 4, 0)
    similarities = batch.h @ batch.h_prime.T
    hardest = similarities.masked_fill(torch.eye(8, dtype=torch.bool), -torch.inf).amax(dim=1)
    at_a_gate = (similarities.diagonal() - hardest)[0].item()
    share = (at_a_gate - 0.23 + 1) / 2  # of the window of m, 0.23 ± 1
    assert not trained.is_away_from_gates(Example(mpt, batch, (share,)))
    assert not trained.is_away_from_gates(Example(mpt, Batch("near_tie", 8, 4, 0), (0.9,)))


def test_without_a_batch_away_from_gates_it_is_undecided(monkeypatch):
    from verify.checks import fast

    monkeypatch.setattr(trained, "is_away_from_gates", lambda example: False)
    found = run_check("fast", fast.check, Subject.of("mpt"), examples=2, seed=0)
    assert found.verdict is Verdict.UNDECIDED
    assert "nothing was compared in float32" in found.detail
