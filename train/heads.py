"""Layers on the embedding that are there in training only, and the first-last average.

SimCSE (arXiv 2104.08821, §3 and Table 4) puts linear + tanh on [CLS] in training and leaves
it out when it evaluates. The head is a module of the encoder, so that it is on every process, in
every checkpoint and in the optimiser; the encoder that is kept at the end does not have it.
"""

from collections.abc import Callable
from typing import Any, Self

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules.module import Module
from torch import Tensor, nn

FORMS: dict[str, Callable[[nn.Linear], nn.Module]] = {
    "linear": lambda layer: layer,
    "mlp": lambda layer: nn.Sequential(layer, nn.Tanh()),
    "tanh_linear": lambda layer: nn.Sequential(nn.Tanh(), layer),
}


class TrainingHead(Module):
    """(N, D) to (N, D) in training; the identity in evaluation.

    form: a key of `FORMS`; std: of the normal weights at the start (the bias starts from zero).
    """

    config_keys: list[str] = ["width", "form", "std"]  # noqa: RUF012 (the base class has it so)

    def __init__(self, width: int, form: str, std: float):
        super().__init__()
        self.width, self.form, self.std = width, form, std
        layer = nn.Linear(width, width)
        nn.init.normal_(layer.weight, std=std)
        nn.init.zeros_(layer.bias)
        self.layers = FORMS[form](layer)

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        if self.training:
            features["sentence_embedding"] = self.layers(features["sentence_embedding"])
        return features

    def get_embedding_dimension(self) -> int:
        return self.width

    def save(
        self, output_path: str, *args: Any, safe_serialization: bool = True, **kwargs: Any
    ) -> None:
        self.save_config(output_path)
        self.save_torch_weights(output_path, safe_serialization=True)

    @classmethod
    def load(cls, model_name_or_path: str, *args: Any, **kwargs: Any) -> Self:
        folder = {key: kwargs[key] for key in HUB if key in kwargs}
        head = cls(**cls.load_config(model_name_or_path, **folder))
        cls.load_torch_weights(model_name_or_path, model=head, **folder)
        return head


class FirstLast(Module):
    """Mean over the tokens of the average of first and last layer (SimCSE's avg_first_last).

    The first layer is the output of the embedding tables, as in SimCSE's code.
    """

    config_keys: list[str] = ["width"]  # noqa: RUF012

    def __init__(self, width: int):
        super().__init__()
        self.width = width

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        layers: tuple[Tensor, ...] = features["all_layer_embeddings"]
        mask = features["attention_mask"].unsqueeze(-1).to(layers[0].dtype)  # (N, tokens, 1)
        mean = (layers[0] + layers[-1]) / 2
        features["sentence_embedding"] = (mean * mask).sum(1) / mask.sum(1)
        return features

    def get_embedding_dimension(self) -> int:
        return self.width

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        self.save_config(output_path)


HUB = ("subfolder", "token", "cache_folder", "revision", "local_files_only")
OURS = {f"{cls.__module__}.{cls.__qualname__}": cls for cls in (TrainingHead, FirstLast)}


def with_head(model: SentenceTransformer, form: str, std: float, seed: int) -> None:
    """Put a head behind the encoder; its start depends on the seed alone."""
    width = model.get_embedding_dimension()
    assert width is not None
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        head = TrainingHead(width, form, std)
    model.add_module(str(len(model)), head.to(model.device))


def without_head(model: SentenceTransformer) -> SentenceTransformer:
    """The encoder without its training head; the same weights, not a copy."""
    kept = [module for module in model if not isinstance(module, TrainingHead)]
    if len(kept) == len(model):
        return model
    bare = SentenceTransformer(modules=kept, device=str(model.device))
    bare.max_seq_length = model.max_seq_length
    bare.similarity_fn_name = model.similarity_fn_name
    bare.prompts, bare.default_prompt_name = model.prompts, model.default_prompt_name
    return bare
