"""Dropout wherever an encoder keeps it: in layers, in numbers, or left out because it was 0."""

from typing import Any

import pytest
import torch
from torch import nn
from transformers import (
    BartConfig,
    BartModel,
    DistilBertConfig,
    DistilBertModel,
    ModernBertConfig,
    ModernBertModel,
    T5Config,
    T5EncoderModel,
)

from tests.train.conftest import SENTENCES
from train import encoder
from train.corpus import Corpus
from train.dropout import equal_views, places, set_dropout

SMALL = {"vocab_size": 200}


def t5() -> nn.Module:
    return T5EncoderModel(T5Config(**SMALL, d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2))


def modernbert() -> nn.Module:
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
    tokens = {"pad_token_id": 0, "cls_token_id": 1, "sep_token_id": 2}
    return ModernBertModel(ModernBertConfig(**SMALL, **shape, **tokens, num_attention_heads=2))


def bart() -> nn.Module:
    layers = {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2}
    width = {"d_model": 16, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32}
    return BartModel(BartConfig(**SMALL, **layers, **width, decoder_attention_heads=2))


def distilbert() -> nn.Module:
    return DistilBertModel(DistilBertConfig(**SMALL, dim=16, hidden_dim=32, n_layers=1, n_heads=2))


# With the names in the configuration that decide what is there when the encoder is loaded again.
FAMILIES = {
    "t5": (t5, ("dropout_rate",)),
    "modernbert": (modernbert, ("attention_dropout", "mlp_dropout", "embedding_dropout")),
    "bart": (bart, ("dropout", "attention_dropout", "activation_dropout")),
    "distilbert": (distilbert, ("dropout", "attention_dropout")),
}


def within(model: nn.Module) -> Any:
    """The model as the transformer of a sentence-transformers model."""
    made = encoder.build(SENTENCES, seed=0, max_length=12, device="cpu")
    made[0].model = model
    return made


def shares(model: nn.Module) -> list[float]:
    return [float(share) for _, _, share in places(model)]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_share_is_set_and_loaded_again(family: str) -> None:
    make, configured = FAMILIES[family]
    model = within(make())
    set_dropout(model, 0.3)
    found = shares(model)
    assert set(found) == {0.3}
    config = model[0].model.config
    assert {getattr(config, name) for name in configured} == {0.3}
    again = within(type(model[0].model)(config))  # as a checkpoint is loaded
    assert shares(again) == found


def test_what_modernbert_leaves_out_at_zero_drops() -> None:
    model = within(modernbert())
    ids = torch.arange(12).reshape(2, 6)
    rows = model[0].model.train()(input_ids=ids)[0]
    torch.testing.assert_close(model[0].model(input_ids=ids)[0], rows)  # its default is 0
    set_dropout(model, 0.5)
    assert sum(isinstance(x, nn.Dropout) and x.training for x in model.modules()) >= 4
    assert not torch.allclose(model[0].model(input_ids=ids)[0], rows)


def test_equal_views_are_told() -> None:
    model, sentences = within(modernbert()), list(SENTENCES)
    twice = Corpus("made", "", sentences, sentences)
    assert "both views of a sentence are the same" in equal_views(model, twice)
    assert equal_views(model, Corpus("made", "", sentences, sentences[::-1])) == ""
    set_dropout(model, 0.1)
    assert equal_views(model, twice) == ""
    assert equal_views(within(t5()), twice) == ""
