"""What trains is compared at its sizes and in its precision, away from gates."""

import pytest
import torch

from derive.objectives import names
from derive.verdict import Verdict
from tests.catalogue import sampled
from tests.verify import faults
from verify import clear, trained
from verify.draws import Example
from verify.halves import Halves
from verify.ladder import run_check
from verify.strategies import Batch
from verify.subject import Subject
from verify.windows import HIGH, LOW

FEW_ACTIVE = ("mbarlow", "barlow_twins_gd_w")  # drawn blindly, a large batch is often dead
QUICK = ("infonce", "hard_infonce", "met", "arccon", "vicreg", "mvicreg", "alpha_triplet")
FAULTS = (faults.half_in_float32, faults.double_in_large_batches, faults.half_in_large_float32)


def planted():
    """Every fault with every loss; in the gate, each with one or two."""
    kept = set(zip((*QUICK, *FEW_ACTIVE), FAULTS * 3, strict=True))
    pairs = [(name, wrap) for name in names() for wrap in FAULTS]
    return [
        pytest.param(*x, id=f"{x[1].__name__}-{x[0]}", marks=() if x in kept else pytest.mark.slow)
        for x in pairs
    ]


@pytest.mark.parametrize("name", sampled(names(), QUICK))
@pytest.mark.parametrize("seed", [1, *(pytest.param(x, marks=pytest.mark.slow) for x in (2, 3))])
def test_every_loss_agrees(name, seed):
    verdict, detail = trained.compare(Subject.of(name), seed)
    assert verdict is Verdict.AGREED, detail
    assert "N = 8 to 300" in detail


@pytest.mark.parametrize(("name", "wrap"), planted())
def test_a_fault_of_training_alone_is_refuted(name, wrap):
    for seed in range(3):
        verdict, detail = trained.compare(faults.with_fast(name, wrap), seed)
        assert verdict is Verdict.REFUTED
        assert "Batch(regime=" in detail


def test_the_precision_is_named():
    verdict, detail = trained.compare(faults.with_fast("met", faults.half_in_float32), 0)
    assert verdict is Verdict.REFUTED
    assert detail.startswith("float32 unit value")


@pytest.mark.parametrize("name", FEW_ACTIVE)
def test_every_batch_is_alive(name):
    for example in trained.examples(Subject.of(name), 2):
        assert trained.is_alive(example)


def test_a_batch_without_an_active_anchor_is_dead():
    mpt = Subject.of("mpt")
    assert not trained.is_alive(Example(mpt, Batch("paired", 8, 4, 0), (LOW,)))
    assert trained.is_alive(Example(mpt, Batch("paired", 8, 4, 0), (HIGH,)))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_a_fault_in_16_bits_alone_is_refuted(dtype):
    """As if sums were added up in the 16 bits, and not in float32."""

    def wrap(module):
        def run(h, h_prime, **inputs):
            off = 1 + 2 * torch.finfo(dtype).eps if h.dtype == dtype else 1
            return module(h, h_prime, **inputs) * off

        return run

    verdict, detail = trained.compare(faults.with_fast("infonce", wrap), 0)
    assert verdict is Verdict.REFUTED
    assert detail.startswith(str(dtype).split(".")[1])


def test_what_16_bits_cannot_hold_is_infinite():
    measure = Halves(Subject.of("mpt"), torch.float16)
    right, scale = torch.tensor([1e5, 1.0], dtype=torch.float64), torch.tensor(1.0)
    infinite, one = torch.tensor([torch.inf, 1.0]), torch.tensor([1.0, 1.0])
    assert measure._units(infinite.half(), right, scale) == 0
    assert measure._units(one.half(), right, scale) == torch.inf


def test_examples_keep_away_from_gates_and_ties():
    mpt = Subject.of("mpt")
    for example in trained.examples(mpt, 0):
        assert clear.is_away_from_gates(example)
    batch = Batch("independent", 8, 4, 0)
    similarities = batch.h @ batch.h_prime.T
    hardest = similarities.masked_fill(torch.eye(8, dtype=torch.bool), -torch.inf).amax(dim=1)
    at_gates = (similarities.diagonal() - hardest).tolist()
    shares = [(x - 0.23 + 1) / 2 for x in at_gates]  # of the window of m, 0.23 ± 1
    share = next(x for x in shares if 0 < x < 1)
    assert not clear.is_away_from_gates(Example(mpt, batch, (share,)))
    assert not clear.is_away_from_gates(Example(mpt, Batch("near_tie", 8, 4, 0), (0.9,)))


def test_without_a_batch_away_from_gates_it_is_undecided(monkeypatch):
    from verify.checks import fast

    monkeypatch.setattr(trained, "is_away_from_gates", lambda example: False)
    found = run_check("fast", fast.check, Subject.of("mpt"), examples=2, seed=0)
    assert found.verdict is Verdict.UNDECIDED
    assert "nothing was compared in float32" in found.detail
