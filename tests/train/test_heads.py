"""Training heads, poolings, dropout and frozen tables on an encoder."""

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
from torch import nn

from tests.train.conftest import SENTENCES
from train import encoder
from train.equip import equip, go_on_equipped
from train.errors import ConfigError
from train.heads import FirstLast, TrainingHead, foreign, without_head
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


@pytest.mark.parametrize(("pooling", "first"), [("first_last", 1), ("embeddings_last", 0)])
def test_first_last_is_the_mean_of_two_layers(pooling, first, tmp_path):
    model = small(pooling=pooling, dropout=0.0).eval()
    features = model.preprocess([*SENTENCES[:2], "A king."])
    inner = {k: v for k, v in features.items() if isinstance(v, torch.Tensor)}
    layers = model[0].model(**inner, output_hidden_states=True).hidden_states
    for row, mask in enumerate(features["attention_mask"]):
        kept = mask.bool()
        wanted = (layers[first][row, kept] + layers[-1][row, kept]).mean(0) / 2
        torch.testing.assert_close(embedded(model, [*SENTENCES[:2], "A king."])[row], wanted)
    model.save_pretrained(str(tmp_path), create_model_card=False)
    again = encoder.load(str(tmp_path), 12, "cpu")
    assert isinstance(again[1], FirstLast)
    equip(again, Protocol(pooling=pooling), 0)
    same = again.encode(SENTENCES, show_progress_bar=False)
    np.testing.assert_array_equal(same, model.encode(SENTENCES, show_progress_bar=False))


def test_a_pooling_of_an_older_run_stays_what_it_was(tmp_path):
    """It was saved without the number of its first layer: the output of the embedding tables."""
    model = small(pooling="embeddings_last", dropout=0.0).eval()
    model.save_pretrained(str(tmp_path), create_model_card=False)
    (file,) = tmp_path.glob("1_*/config.json")
    file.write_text('{"width": 128}', encoding="utf-8")
    again = encoder.load(str(tmp_path), 12, "cpu")
    go_on_equipped(again, Protocol(pooling="first_last"), 0)
    torch.testing.assert_close(embedded(again.eval()), embedded(model))


@pytest.mark.parametrize("head", HEADS[1:])
def test_a_kept_head_is_there_in_evaluation_and_when_saved(head, tmp_path):
    model = small(head=head, keep_head=True, dropout=0.0)
    rows = embedded(model.train())
    torch.testing.assert_close(embedded(model.eval()), rows)
    bare, again = without_head(model), tmp_path / "again"
    bare.save_pretrained(str(tmp_path / "model"), create_model_card=False)
    assert foreign(bare) == (head == "tanh_linear")  # sentence-transformers has no such module
    if not foreign(bare):  # anybody's, without this package
        plain = SentenceTransformer(str(tmp_path / "model"), device="cpu")
        torch.testing.assert_close(embedded(plain.eval()), rows)
    loaded = encoder.load(str(tmp_path / "model"), 12, "cpu")
    torch.testing.assert_close(embedded(loaded.eval()), rows)
    equip(loaded, Protocol(head="mlp"), 0)  # a second stage of training, with a head of its own
    assert len(without_head(loaded)) == len(loaded) - 1 == 3
    model.save_pretrained(str(again), create_model_card=False)
    resumed = encoder.load(str(again), 12, "cpu")
    go_on_equipped(resumed, Protocol(head=head, keep_head=True), 0)
    assert len(resumed) == 3
    torch.testing.assert_close(embedded(resumed.eval()), rows)


def test_keeping_a_head_draws_no_random_numbers():
    model = small(head="mlp", keep_head=True)
    before = torch.random.get_rng_state()
    without_head(model)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_head_sees_the_pooling_and_not_unit_rows():
    plain = small(dropout=0.0).eval()
    model = small(dropout=0.0)
    model.append(Normalize())
    equip(model, Protocol(head="linear"), 0)
    names = ["Transformer", "Pooling", "TrainingHead", "Normalize"]
    assert [type(x).__name__ for x in model] == names
    assert [name for name, _ in model.named_children()] == ["0", "1", "2", "3"]
    weight = model[2].layers.weight
    wanted = nn.functional.normalize(embedded(plain) @ weight.T)
    torch.testing.assert_close(embedded(model.train()), wanted)


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
