"""Layers on the embedding that training adds, and poolings of two layers.

SimCSE (arXiv 2104.08821, §3 and Table 4) puts linear + tanh on [CLS] in training. Unsupervised, it
leaves that out when it evaluates; supervised, its code keeps it (only `mlp_only_train` takes it
off). The head is a module of the encoder, so that it is on every process, in every checkpoint and
in the optimiser; the encoder that is kept at the end has it only if it was to be kept.
"""

from collections.abc import Callable
from typing import Any, Self

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense
from sentence_transformers.base.modules.module import Module
from sentence_transformers.sentence_transformer.modules import Normalize
from torch import Tensor, nn

FORMS: dict[str, Callable[[nn.Linear], nn.Module]] = {
    "linear": lambda layer: layer,
    "mlp": lambda layer: nn.Sequential(layer, nn.Tanh()),
    "tanh_linear": lambda layer: nn.Sequential(nn.Tanh(), layer),
}
# The forms that sentence-transformers has a module for: what follows the linear layer.
ACTIVATIONS = {"linear": nn.Identity, "mlp": nn.Tanh}


class TrainingHead(Module):
    """(N, D) to (N, D) in training; in evaluation the identity, or the same if it is kept.

    form: a key of `FORMS`; std: of the normal weights at the start (the bias starts from zero).
    """

    config_keys: list[str] = ["width", "form", "std", "kept"]  # noqa: RUF012 (as the base class)

    def __init__(self, width: int, form: str, std: float, kept: bool = False):
        super().__init__()
        self.width, self.form, self.std, self.kept = width, form, std, kept
        layer = nn.Linear(width, width)
        nn.init.normal_(layer.weight, std=std)
        nn.init.zeros_(layer.bias)
        self.layers = FORMS[form](layer)

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        if self.training or self.kept:
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

    def as_saved(self) -> Module:
        """A kept head as a module that loads without this package, where there is one."""
        if self.form not in ACTIVATIONS:
            return self
        with torch.device("meta"):  # no random numbers: the layer is this one
            dense = Dense(self.width, self.width, activation_function=ACTIVATIONS[self.form]())
        dense.linear = next(x for x in self.modules() if isinstance(x, nn.Linear))
        return dense.train(self.training)


class FirstLast(Module):
    """Mean over the tokens of the average of an early and the last layer (SimCSE's avg_first_last).

    first: 1 is the first transformer layer, as SimCSE's code has it since its commit 206d7ae; 0 the
    output of the embedding tables, as before. A module saved without the number is of 0.
    """

    config_keys: list[str] = ["width", "first"]  # noqa: RUF012

    def __init__(self, width: int, first: int = 0):
        super().__init__()
        self.width, self.first = width, first

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        layers: tuple[Tensor, ...] = features["all_layer_embeddings"]
        mask = features["attention_mask"].unsqueeze(-1).to(layers[0].dtype)  # (N, tokens, 1)
        mean = (layers[self.first] + layers[-1]) / 2
        features["sentence_embedding"] = (mean * mask).sum(1) / mask.sum(1)
        return features

    def get_embedding_dimension(self) -> int:
        return self.width

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        self.save_config(output_path)


HUB = ("subfolder", "token", "cache_folder", "revision", "local_files_only")
OURS = {f"{cls.__module__}.{cls.__qualname__}": cls for cls in (TrainingHead, FirstLast)}
FIRST = {"first_last": 1, "embeddings_last": 0}  # the pooling's name: the layer it begins with


def with_head(model: SentenceTransformer, form: str, std: float, seed: int, kept: bool) -> None:
    """Put a head behind the pooling; its start depends on the seed alone.

    Before an encoder's own `Normalize`: on unit rows tanh would do next to nothing.
    """
    width = model.get_embedding_dimension()
    assert width is not None
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        head = TrainingHead(width, form, std, kept)
    place = len(model)
    while isinstance(model[place - 1], Normalize):
        place -= 1
    model.insert(place, head.to(model.device))


def without_head(model: SentenceTransformer) -> SentenceTransformer:
    """The encoder as it is saved: without its training head, or with it as a module that anybody
    loads if it is to be kept; the same weights, not a copy."""
    if not any(isinstance(module, TrainingHead) for module in model):
        return model
    modules = [x.as_saved() if isinstance(x, TrainingHead) and x.kept else x for x in model]
    kept = [x for x in modules if not isinstance(x, TrainingHead) or x.kept]
    bare = SentenceTransformer(modules=kept, device=str(model.device))
    bare.max_seq_length = model.max_seq_length
    bare.similarity_fn_name = model.similarity_fn_name
    bare.prompts, bare.default_prompt_name = model.prompts, model.default_prompt_name
    return bare


def foreign(model: SentenceTransformer) -> bool:
    """Whether `SentenceTransformer` has to be told to trust a module of this package."""
    return any(isinstance(module, tuple(OURS.values())) for module in model)
