"""What an encoder's embedding layer is worth alone: the floor that its training has to pass."""

from pathlib import Path
from typing import Any, cast

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling

from train import encoder
from train.evaluation import Scores, evaluate_all
from train.sts import senteval


class EmbeddingLayerMean(Pooling):
    """The mean over the tokens of what the transformer's first layer is given."""

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        features["token_embeddings"] = features["all_layer_embeddings"][0]  # (N, tokens, width)
        return super().forward(features, **kwargs)


def without_layers(model: SentenceTransformer) -> SentenceTransformer:
    """The same tokenizer and embedding tables, none of the layers above them."""
    transformer = cast(Transformer, model[0])
    transformer.model.config.output_hidden_states = True
    width = transformer.get_embedding_dimension()
    pooling = EmbeddingLayerMean(width, pooling_mode="mean")
    bare = SentenceTransformer(modules=[transformer, pooling], device="cpu")
    bare.max_seq_length = model.max_seq_length
    return bare


def floor(model: str, eval_data: Path, max_length: int) -> Scores:
    """Scores of the embedding layer of an untrained encoder, as `train run` scores encoders."""
    with torch.inference_mode():
        bare = without_layers(encoder.load(model, max_length, "cpu")).eval()
        return evaluate_all(senteval(eval_data), bare)
