"""Adapters: how losses of other packages are called. The packages are optional."""

import sys
import types

import pytest
import torch
from torch import nn

from derive.errors import UnknownNameError
from verify import oracles
from verify.audits import adapters, given_embeddings, own_draws, peers

H, H_PRIME = own_draws.pairs(5, 4, 0.6, 0, unit=True)


class Recorder(nn.Module):
    """A loss in the manner of sentence-transformers: built with a model, called with features."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, features, labels):
        rows = [self.model(x)["sentence_embedding"] for x in features]
        self.seen = (rows, labels)
        return sum((k + 1) * x.square().sum() for k, x in enumerate(rows))


def recorded(form):
    made = []

    def make(model):
        made.append(Recorder(model))
        return made[-1]

    value = form(make)(H, H_PRIME)
    return value, *made[0].seen


def test_columns():
    value, rows, labels = recorded(given_embeddings.columns)
    torch.testing.assert_close(rows, [H, H_PRIME])
    assert len(labels) == 5
    assert float(value) == pytest.approx(15)


def test_one_column():
    _, rows, labels = recorded(given_embeddings.one_column)
    torch.testing.assert_close(rows, [torch.cat([H, H_PRIME])])
    assert labels.tolist() == [0, 1, 2, 3, 4] * 2


def test_all_pairs():
    _, (first, second), labels = recorded(given_embeddings.all_pairs)
    positive = labels == 1
    torch.testing.assert_close((first[positive], second[positive]), (H, H_PRIME))
    assert len(labels) == 25
    assert positive.sum() == 5


def test_all_triplets():
    _, (anchor, positive, negative), _ = recorded(given_embeddings.all_triplets)
    assert len(anchor) == 20
    torch.testing.assert_close(
        (anchor[:4], positive[:4]), (H[:1].expand(4, 4), H_PRIME[:1].expand(4, 4))
    )
    torch.testing.assert_close(negative[:4], H_PRIME[1:])


def test_a_loss_that_runs_its_own_backward():
    leaves = [x.clone().requires_grad_() for x in (H, H_PRIME)]
    value = given_embeddings.eager_columns(Recorder)(*leaves)
    by_h, by_h_prime = torch.autograd.grad(3 * value, leaves)
    torch.testing.assert_close((by_h, by_h_prime), (6 * H, 12 * H_PRIME))


def test_a_package_in_its_usual_form(monkeypatch):
    class InfoNCE(nn.Module):
        def __init__(self, temperature=0.1):
            super().__init__()
            self.temperature = temperature

        def forward(self, query, positive):
            return oracles.load("infonce")(query, positive, tau=self.temperature)

    module = types.ModuleType("info_nce")
    module.InfoNCE = InfoNCE
    monkeypatch.setitem(sys.modules, "info_nce", module)
    kind = adapters.find("info-nce", "InfoNCE")
    adapted = adapters.adapt("info-nce", "InfoNCE", lambda: kind(temperature=0.2))
    expected = oracles.load("infonce")(H, H_PRIME, tau=0.2)
    torch.testing.assert_close(adapted.loss(H, H_PRIME), expected)
    assert "mean over the N anchors" in adapted.mapping
    with pytest.raises(UnknownNameError, match="InfoNCE"):
        adapters.find("info-nce", "InfoNEC")


def test_a_package_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "info_nce", None)
    with pytest.raises(adapters.AdapterError, match="pip install info-nce-pytorch"):
        adapters.find("info-nce", "InfoNCE")


def test_an_unknown_package():
    with pytest.raises(UnknownNameError, match="adapter"):
        adapters.find("lightning", "InfoNCE")


def test_every_form_is_described():
    assert {form for form, _ in peers.CALLS.values()} <= set(peers.FORMS)
    assert set(peers.USUAL) == set(adapters.PACKAGES)


def test_labels_of_one_batch_are_one_a_pair():
    seen = []
    loss = peers.one_batch(lambda: lambda rows, labels: seen.append(labels) or rows.sum())
    loss(H, H_PRIME)
    assert seen[0].tolist() == [0, 1, 2, 3, 4] * 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("MultipleNegativesRankingLoss", lambda: oracles.load("infonce")(H, H_PRIME, tau=0.05)),
        (
            "CachedMultipleNegativesRankingLoss",
            lambda: oracles.load("infonce")(H, H_PRIME, tau=0.05),
        ),
    ],
)
def test_sentence_transformers(name, expected):
    pytest.importorskip("sentence_transformers")
    kind = adapters.find("st", name)
    adapted = adapters.adapt("st", name, lambda model: kind(model))
    torch.testing.assert_close(adapted.loss(H, H_PRIME), expected())
