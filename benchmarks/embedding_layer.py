"""What an encoder's embedding layer is worth alone: the floor that its training has to pass."""

from pathlib import Path
from typing import Any, cast

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.base.modules.module import Module
from torch import Tensor

from train import encoder
from train.evaluation import Scores, evaluate_all
from train.sts import senteval


class EmbeddingLayerMean(Module):
    """The mean over the tokens of what the transformer's first layer is given."""

    config_keys: list[str] = []  # noqa: RUF012

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        first: Tensor = features["all_layer_embeddings"][0]  # (N, tokens, width)
        mask = features["attention_mask"].unsqueeze(-1).to(first.dtype)
        features["sentence_embedding"] = (first * mask).sum(1) / mask.sum(1)
        return features

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """It is measured, never saved."""
        raise NotImplementedError


def without_layers(model: SentenceTransformer) -> SentenceTransformer:
    """The same tokenizer and embedding tables, none of the layers above them."""
    transformer = cast(Transformer, model[0])
    transformer.model.config.output_hidden_states = True
    bare = SentenceTransformer(modules=[transformer, EmbeddingLayerMean()], device="cpu")
    bare.max_seq_length = model.max_seq_length
    return bare


def floor(model: str, eval_data: Path, max_length: int) -> Scores:
    """Scores of the embedding layer of an untrained encoder, as `train run` scores encoders."""
    with torch.inference_mode():
        bare = without_layers(encoder.load(model, max_length, "cpu")).eval()
        return evaluate_all(senteval(eval_data), bare)
