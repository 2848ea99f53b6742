"""The wrapped objective: its value, its gradient, and what it says when training breaks down."""

import pytest
import torch
from torch import nn

from tests.train.conftest import SENTENCES
from train import encoder
from train.errors import DivergedError
from train.loss import DerivedLoss, derived_loss
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
    with pytest.raises(DivergedError, match=r"broke down.*Lower --lr"):
        derived_loss(model, "infonce", {})(views(2), None)


def test_a_loss_that_is_not_finite():
    class Infinite(nn.Module):
        def forward(self, h, h_prime):
            return h.sum() / 0

    with pytest.raises(DivergedError, match="the loss became inf"):
        DerivedLoss(Rows(torch.ones(4, 3)), Infinite())(views(2), None)
