"""The encoder to evaluate: a run's, a folder's or the hub's, with its length and pooling set."""

import hashlib
from typing import Any

import numpy as np
from sentence_transformers import SentenceTransformer

from train.encoder import load
from train.equip import set_pooling
from train.lengths import MAX_LENGTH, positions_of
from train.senteval.embeddings import Encode, Vectors


def encoder(
    name: str, max_length: int | None, pooling: str | None, device: str
) -> SentenceTransformer:
    """The encoder, ready to evaluate.

    A sentence is cut at `max_length` tokens, or at the encoder's positions if these are fewer:
    not at the length it was trained with, which for SimCSE's protocol is 32. Raises `ModelError`.
    """
    model = load(name, max_length or MAX_LENGTH, device)
    if pooling is not None:
        set_pooling(model, pooling)
    positions = positions_of(model)
    if positions is not None:
        model.max_seq_length = min(max_length or MAX_LENGTH, positions)
    model.eval()
    return model


def encoding(model: SentenceTransformer, batch_size: int) -> Encode:
    """`model` as a function from sentences to embeddings, as they come out of its last module."""

    def encode(sentences: list[str]) -> Vectors:
        vectors = model.encode(
            sentences, batch_size=batch_size, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)

    return encode


def describe(model: SentenceTransformer, name: str) -> dict[str, Any]:
    """What the results depend on, for the record."""
    modes = [getattr(module, "pooling_mode", None) for module in model]
    named = [str(mode) for mode in modes if mode is not None]
    return {
        "name": name,
        "sha256": weights_digest(model),
        "modules": [type(module).__name__ for module in model],
        "pooling": named[0] if named else None,
        "max_length": model.max_seq_length,
        "dimension": model.get_embedding_dimension(),
        "parameters": sum(x.numel() for x in model.parameters()),
    }


def weights_digest(model: SentenceTransformer) -> str:
    """SHA-256 of the names and values of all weights, hexadecimal."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
        digest.update(tensor.detach().cpu().float().contiguous().numpy().tobytes())
    return digest.hexdigest()
