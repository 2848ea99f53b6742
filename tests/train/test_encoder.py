"""The encoder that is made here, and the ones that are loaded."""

import errno
from urllib.error import HTTPError, URLError

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModel, AutoTokenizer

from tests.train.conftest import SENTENCES
from train import encoder, hub
from train.errors import ModelError, StorageError
from train.trainer import quiet

quiet()


@pytest.fixture(scope="module")
def model() -> SentenceTransformer:
    return encoder.build(SENTENCES, seed=0, max_length=12, device="cpu")


def test_vocabulary_is_the_same_every_time():
    first, *others = [encoder.vocabulary(SENTENCES * 2, 200) for _ in range(5)]
    assert all(other == first for other in others)
    assert [first[token] for token in encoder.SPECIAL] == [0, 1, 2, 3, 4]


def test_vocabulary_covers_the_corpus(model):
    ids = model.tokenizer(SENTENCES)["input_ids"]
    assert not any(model.tokenizer.unk_token_id in sentence for sentence in ids)
    assert model.tokenizer.tokenize("The KING") == model.tokenizer.tokenize("the king")


def test_the_seed_decides_the_weights(model):
    same, other = (encoder.build(SENTENCES, seed, 12, "cpu") for seed in (0, 1))
    ours, again = model.state_dict(), same.state_dict()
    assert all(torch.equal(ours[key], again[key]) for key in ours)
    assert not torch.equal(
        next(iter(model.parameters())), next(iter(other.parameters()))
    )  # the word embeddings


def test_embeds_and_pools_over_tokens(model):
    vectors = model.encode(SENTENCES[:3], show_progress_bar=False)
    assert vectors.shape == (3, encoder.SmallBert().width)
    assert np.isfinite(vectors).all()


def test_dropout_makes_two_views(model):
    model.train()
    views = [model(model.preprocess(SENTENCES[:2]))["sentence_embedding"] for _ in range(2)]
    assert not torch.allclose(*views)
    model.eval()


def test_loads_what_it_saved(model, tmp_path):
    model.save_pretrained(str(tmp_path / "model"), create_model_card=False)
    loaded = encoder.load(str(tmp_path / "model"), max_length=8, device="cpu")
    assert loaded.max_seq_length == 8
    loaded.max_seq_length = 12
    before, after = (m.encode(SENTENCES, show_progress_bar=False) for m in (model, loaded))
    np.testing.assert_allclose(before, after, atol=1e-6)


def test_loads_a_plain_transformers_model(model, tmp_path):
    model[0].save(str(tmp_path))
    (tmp_path / "sentence_bert_config.json").unlink(missing_ok=True)
    assert AutoModel.from_pretrained(tmp_path)
    assert AutoTokenizer.from_pretrained(tmp_path)
    loaded = encoder.load(str(tmp_path), max_length=12, device="cpu")
    assert loaded.encode(["A king."], show_progress_bar=False).shape == (1, 128)


def test_share_cut_counts_longer_sentences(model):
    assert encoder.share_cut(model, ["king", "the king " * 30]) == 0.5
    assert encoder.share_cut(model, []) == 0


def test_a_disk_that_is_full_while_an_encoder_is_built(monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(encoder, "save_file", full)
    with pytest.raises(StorageError, match="Make room, then start the run again"):
        encoder.build(SENTENCES, seed=0, max_length=8, device="cpu")


@pytest.mark.parametrize("name", ["./none", "/none/at/all", "a/b/c"])
def test_a_folder_that_is_none(name):
    with pytest.raises(ModelError, match="is not a folder"):
        encoder.load(name, 12, "cpu")


def test_a_folder_without_a_model(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="does not load"):
        encoder.load(str(tmp_path), 12, "cpu")


def test_weights_cut_short(model, tmp_path):
    model.save_pretrained(str(tmp_path), create_model_card=False)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelError, match="does not load"):
        encoder.load(str(tmp_path), 12, "cpu")


def test_a_model_without_its_tokenizer(model, tmp_path):
    model.save_pretrained(str(tmp_path), create_model_card=False)
    for path in tmp_path.iterdir():
        if path.name.startswith(("tokenizer", "vocab", "special_tokens")):
            path.unlink()
    with pytest.raises(ModelError, match=r"tokenizer without a vocabulary|does not load"):
        encoder.load(str(tmp_path), 12, "cpu")


def test_a_hub_out_of_reach_is_not_waited_for(monkeypatch):
    def refuse(*_, **__):
        raise URLError("no route")

    monkeypatch.setattr("train.hub.urlopen", refuse)
    assert not hub.answers()
    with pytest.raises(ModelError, match="the model hub cannot be reached"):
        encoder.load("a-name-that-nobody/has-given", 12, "cpu")


def test_a_hub_that_refuses_is_reached(monkeypatch):
    def refuse(*_, **__):
        raise HTTPError("https://hub", 403, "Forbidden", None, None)

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("train.hub.urlopen", refuse)
    assert hub.answers()
