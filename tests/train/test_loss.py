"""The wrapped objective: its value, its gradient, and what it says when training breaks down."""

import re

import pytest
import torch
from torch import nn

from benchmarks.gpu.syncs import Watch, values_unseen
from derive.errors import InputError
from tests.train.conftest import SENTENCES
from train import encoder
from train.equip import equip
from train.errors import DivergedError
from train.loss import DerivedLoss, derived_loss
from train.protocols import Protocol
from train.trainer import quiet
from verify import oracles

quiet()


class Rows(nn.Module):
    """An encoder whose embeddings are its parameters."""

    def __init__(self, rows: torch.Tensor):
        super().__init__()
        self.rows = nn.Parameter(rows)

    def forward(self, features):
        return {"sentence_embedding": self.rows[features["input_ids"]]}


def views(n: int):
    return [{"input_ids": torch.arange(n)}, {"input_ids": torch.arange(n, 2 * n)}]


@pytest.mark.parametrize("name", ["infonce", "mvicreg"])
def test_is_the_oracle_on_normalised_embeddings(name):
    rows = torch.randn(12, 5, generator=torch.manual_seed(0)) * 3
    derived, plain = Rows(rows.clone()), Rows(rows.clone())
    value = derived_loss(derived, name, {"tau": "1/10"})(views(6), None)
    unit = nn.functional.normalize(plain.rows, dim=1)
    expected = oracles.load(name)(unit[:6], unit[6:], tau=0.1)
    assert value.item() == pytest.approx(expected.item(), rel=1e-5)
    value.backward()
    expected.backward()
    assert derived.rows.grad is not None
    torch.testing.assert_close(derived.rows.grad, plain.rows.grad, rtol=1e-4, atol=1e-6)


def test_reaches_every_weight_of_an_encoder():
    model = encoder.build(SENTENCES, seed=0, max_length=12, device="cpu").train()
    loss = derived_loss(model, "infonce", {})
    loss([model.preprocess(SENTENCES[:8]) for _ in range(2)], None).backward()
    without = [name for name, weight in model.named_parameters() if weight.grad is None]
    assert without == ["0.model.pooler.dense.weight", "0.model.pooler.dense.bias"]


def test_embeddings_that_are_not_finite():
    model = Rows(torch.full((4, 3), torch.nan))
    with pytest.raises(
        DivergedError, match=r"anchors stopped being finite.*rows 0, 1 of 2.*Lower --lr"
    ):
        derived_loss(model, "infonce", {})(views(2), None)


def test_a_loss_that_is_not_finite():
    class Infinite(nn.Module):
        def forward(self, h, h_prime):
            return h.sum() / 0

    with pytest.raises(DivergedError, match="the loss became inf"):
        DerivedLoss(Rows(torch.ones(4, 3)), Infinite())(views(2), None)


def gradients(model, loss, columns):
    """The gradient of every weight, in one vector."""
    model.zero_grad()
    value = loss(columns, None)
    value.backward()
    found = [p.grad.flatten() for p in model.parameters() if p.grad is not None]
    return value.detach(), torch.cat(found)


@pytest.mark.parametrize("tokens", ["right", "left"])
def test_one_pass_is_the_same_loss(tokens):
    model = encoder.build(SENTENCES, seed=0, max_length=12, device="cpu").train()
    equip(model, Protocol(dropout=0.0), 0)
    model.tokenizer.padding_side = tokens
    columns = [model.preprocess(SENTENCES[i : i + 4]) for i in (0, 4, 9)]  # a hard negative each
    columns[1] = model.preprocess(["The king.", "A child.", "Nobody.", "My sister."])  # shorter
    results = [
        gradients(model, derived_loss(model, "infonce", {}, Protocol(one_pass=one)), columns)
        for one in (True, False)
    ]
    torch.testing.assert_close(results[0], results[1], rtol=1e-4, atol=1e-6)


def test_one_pass_draws_a_mask_for_each_view():
    model = encoder.build(SENTENCES, seed=0, max_length=12, device="cpu").train()
    loss = derived_loss(model, "infonce", {}, Protocol(one_pass=True))
    h, h_prime = loss._embeddings([model.preprocess(SENTENCES[:4])] * 2)
    assert not torch.equal(h, h_prime)


def test_a_column_that_cannot_be_stacked_is_encoded_alone():
    model = Rows(torch.eye(4))
    loss = derived_loss(model, "infonce", {}, Protocol(one_pass=True))
    assert loss(views(2), None).isfinite()


def test_symmetric_is_the_mean_of_both_directions():
    model = Rows(torch.randn(6, 3, generator=torch.Generator().manual_seed(0)))
    there = derived_loss(model, "infonce", {})(views(3), None)
    back = derived_loss(model, "infonce", {})(views(3)[::-1], None)
    both = derived_loss(model, "infonce", {}, Protocol(symmetric=True))(views(3), None)
    torch.testing.assert_close(both, (there + back) / 2)
    assert not torch.isclose(there, back)


def test_a_hard_negative_is_every_anchors_as_in_simcse():
    rows = torch.nn.functional.normalize(
        torch.randn(9, 5, generator=torch.Generator().manual_seed(1)), dim=1
    )
    loss = derived_loss(Rows(rows), "infonce", {"tau": "0.05"})
    columns = [*views(3), {"input_ids": torch.arange(6, 9)}]
    h, h_prime, negative = rows.split(3)
    logits = torch.cat([h @ h_prime.T, h @ negative.T], 1) / 0.05  # (3, 6)
    wanted = torch.nn.functional.cross_entropy(logits, torch.arange(3))
    torch.testing.assert_close(loss(columns, None), wanted)


@pytest.mark.parametrize("head", ["none", "mlp", "linear"])
def test_the_loss_is_in_float32_under_autocast(head):
    model = encoder.build(SENTENCES, seed=0, max_length=12, device="cpu").train()
    equip(model, Protocol(head=head), 0)
    columns = [model.preprocess(SENTENCES[:6]) for _ in range(2)]
    loss = derived_loss(model, "mhe", {})
    scaler = torch.amp.GradScaler("cpu", init_scale=65536.0)
    for dtype in (torch.bfloat16, torch.float16):
        with torch.autocast("cpu", dtype=dtype):
            value = loss([dict(x) for x in columns], None)
        assert value.dtype == torch.float32
        scaler.scale(value).backward()  # no gradient by the views overflows


def test_columns_that_cannot_be_cut_are_no_breakdown():
    """The message of the caching stays as it is: a lower rate would not help."""
    loss = derived_loss(Rows(torch.eye(4)), "infonce", {}, Protocol(mini_batch=2))
    with pytest.raises(InputError) as error:
        loss([{"input_ids": torch.arange(2), "tables": torch.zeros(3)}] * 2, None)
    assert not isinstance(error.value, DivergedError)
    assert "--lr" not in str(error.value)


class Steep(nn.Module):
    """A finite loss whose gradient is not."""

    def forward(self, h, h_prime):
        return (h * h_prime).sum() + (h * 0).sum().sqrt()


def test_a_gradient_that_is_not_finite():
    loss = DerivedLoss(Rows(torch.eye(4)), Steep(), diagnose=lambda views: f"{len(views)} views.")
    loss(views(2), None).backward()
    said = "its gradient by the anchors is not \\(rows 0, 1 of 2\\). 2 views."
    assert re.search(said, loss.gradient_fault())
    with pytest.raises(DivergedError, match=said):  # a batch of the same step, or the next step
        loss(views(2), None)


def test_a_step_that_is_well_asks_the_device_once():
    loss = derived_loss(Rows(torch.randn(8, 3)), "infonce", {})
    loss(views(4), None).backward()
    with values_unseen(), Watch() as watch:  # as on a GPU
        loss(views(4), None).backward()
    (asked,) = watch.found
    assert asked.startswith("train/breakdown.py")
    with Watch() as watch:
        assert loss.gradient_fault() == ""
    assert watch.found  # what the trainer asks only where the gradient's norm is no number
