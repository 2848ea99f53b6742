"""Training heads, poolings, dropout and frozen tables on an encoder."""

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense
from sentence_transformers.sentence_transformer.modules import Pooling
from torch import nn

from tests.train.conftest import SENTENCES
from train import encoder
from train.equip import equip
from train.errors import ConfigError
from train.heads import FirstLast, TrainingHead, without_head
from train.protocols import HEADS, Protocol


def small(**settings) -> SentenceTransformer:
    model = encoder.build(SENTENCES, seed=0, max_length=12, device="cpu")
    equip(model, Protocol(**settings), seed=0)
    return model


def embedded(model: SentenceTransformer, sentences=tuple(SENTENCES[:4])) -> torch.Tensor:
    return model(model.preprocess(list(sentences)))["sentence_embedding"]


@pytest.mark.parametrize("head", HEADS[1:])
def test_a_head_is_there_in_training_only(head):
    plain, model = small(dropout=0.0), small(dropout=0.0, head=head, head_std=0.1)
    assert torch.equal(embedded(model.eval()), embedded(plain.eval()))
    weight = next(x for x in model[-1].modules() if isinstance(x, nn.Linear)).weight
    raw, found = embedded(plain.train()), embedded(model.train())
    wanted = {
        "linear": raw @ weight.T,
        "mlp": torch.tanh(raw @ weight.T),
        "tanh_linear": torch.tanh(raw) @ weight.T,
    }[head]
    torch.testing.assert_close(found, wanted)
    assert abs(weight.std().item() - 0.1) < 0.01


def test_the_head_survives_a_checkpoint_and_goes_at_the_end(tmp_path):
    model = small(head="mlp")
    with torch.no_grad():
        model[-1].layers[0].weight.add_(1.0)
    model.save_pretrained(str(tmp_path / "checkpoint"), create_model_card=False)
    again = encoder.load(str(tmp_path / "checkpoint"), 12, "cpu")
    equip(again, Protocol(head="mlp"), seed=0)  # what a resumed run does: no second head
    assert [type(x).__name__ for x in again] == ["Transformer", "Pooling", "TrainingHead"]
    assert torch.equal(again[-1].layers[0].weight, model[-1].layers[0].weight)

    bare = without_head(again)
    assert not any(isinstance(x, TrainingHead) for x in bare)
    bare.save_pretrained(str(tmp_path / "model"), create_model_card=False)
    SentenceTransformer(str(tmp_path / "model"), device="cpu")  # anybody's, without this package


def test_the_heads_start_depends_on_the_seed_alone():
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    first = small(head="linear")[-1].layers.weight
    torch.manual_seed(8)
    assert torch.equal(small(head="linear")[-1].layers.weight, first)
    torch.manual_seed(7)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_cls_is_the_first_token():
    model = small(pooling="cls", dropout=0.0)
    features = model.preprocess(SENTENCES[:3])
    tokens = model[0](dict(features))["token_embeddings"]
    assert torch.equal(embedded(model, SENTENCES[:3]), tokens[:, 0])


def test_first_last_is_the_mean_of_two_layers(tmp_path):
    model = small(pooling="first_last", dropout=0.0).eval()
    features = model.preprocess([*SENTENCES[:2], "A king."])
    inner = {k: v for k, v in features.items() if isinstance(v, torch.Tensor)}
    layers = model[0].model(**inner, output_hidden_states=True).hidden_states
    for row, mask in enumerate(features["attention_mask"]):
        kept = mask.bool()
        wanted = (layers[0][row, kept] + layers[-1][row, kept]).mean(0) / 2
        torch.testing.assert_close(embedded(model, [*SENTENCES[:2], "A king."])[row], wanted)
    model.save_pretrained(str(tmp_path), create_model_card=False)
    again = encoder.load(str(tmp_path), 12, "cpu")
    assert isinstance(again[1], FirstLast)
    same = again.encode(SENTENCES, show_progress_bar=False)
    np.testing.assert_array_equal(same, model.encode(SENTENCES, show_progress_bar=False))


def test_dropout_reaches_every_layer_and_the_configuration():
    model = small(dropout=0.3)
    shares = {x.p for x in model.modules() if isinstance(x, nn.Dropout)}
    assert shares == {0.3}
    assert model[0].model.config.hidden_dropout_prob == 0.3
    assert model[0].model.config.attention_probs_dropout_prob == 0.3
    model.train()
    assert not torch.equal(embedded(model), embedded(model))


def test_frozen_tables_have_no_gradient():
    model = small(freeze="embeddings", dropout=0.0).train()
    embedded(model).sum().backward()
    inner = model[0].model
    assert all(p.grad is None for p in inner.embeddings.parameters())
    assert all(p.grad is not None for p in inner.encoder.parameters())
    assert all(p.grad is None for p in inner.pooler.parameters())


def test_an_encoder_without_a_transformer():
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    tokenizer = small().tokenizer.backend_tokenizer
    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=4)], device="cpu")
    for settings in ({"pooling": "cls"}, {"freeze": "embeddings"}):
        with pytest.raises(ConfigError, match="needs a transformer"):
            equip(model, Protocol(**settings), 0)
    with pytest.raises(ConfigError, match="has no dropout layer"):
        equip(model, Protocol(dropout=0.1), 0)


def test_a_pooling_that_is_there_already_is_left_alone():
    model = small()
    model[1].include_prompt = False
    equip(model, Protocol(pooling="mean"), 0)
    assert model[1].include_prompt is False
    equip(model, Protocol(pooling="cls"), 0)
    assert model[1].include_prompt is False
    assert model[1].pooling_mode == "cls"


def test_a_pooling_that_does_not_fit_what_is_behind_it_is_refused():
    model = small()
    model[1] = Pooling(128, pooling_mode=("mean", "max"))
    model.append(Dense(256, 64))
    with pytest.raises(ConfigError, match="gives 256 numbers to the modules behind it"):
        equip(model, Protocol(pooling="cls"), 0)


def test_the_encoder_without_its_head_keeps_its_settings():
    model = small(head="linear")
    model.similarity_fn_name = "dot"
    model.prompts = {"query": "query: ", "document": ""}
    bare = without_head(model)
    assert bare.similarity_fn_name == "dot"
    assert bare.prompts == model.prompts
