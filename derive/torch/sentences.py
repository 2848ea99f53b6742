"""Any objective as a loss of sentence-transformers.

    loss = SentenceLoss(model, "infonce", tau=0.05)
    SentenceTransformerTrainer(model=model, train_dataset=pairs, loss=loss).train()

Nothing of sentence-transformers is imported: a model is what returns {"sentence_embedding": (N, D)}
for the features of N sentences.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from derive.errors import InputError
from derive.objective import Objective
from derive.torch.caching import GradientCache
from derive.torch.citations import bibtex
from derive.torch.lengths import by_length
from derive.torch.objective import FastObjective, objective

Features = Mapping[str, Any]  # what the tokenizer returned for one column of a batch


class SentenceLoss(nn.Module):
    """forward(sentence_features, labels) -> scalar, as sentence-transformers' trainer calls it.

    model: a SentenceTransformer; the trainer puts its wrapped one in its place under this name.
    loss: what `derive.torch.objective` takes; `options` are its options: hyper-parameters
    (tau=0.05), gather=True, tile. The embeddings are normalised first, unless the loss is of raw
    ones. Or a module of (h, h_prime), which is called as it is and takes no options.

    Columns: anchor, positive, then hard negatives, any number, to the loss as negatives (N, K, D).
    A single column is encoded twice, so that two dropout masks make the two views (SimCSE). The
    label column goes to losses with an input `labels` (supcon), and is ignored by the others.

    mini_batch_size: sentences encoded at a time, by gradient caching: activations of that many at
    once, the same gradient, and a second encoding. They are taken in the order of their lengths,
    without the padding that the mini-batch does not need; of those shorter than the longest of
    the batch there are more at a time, in the same memory.

    Raises `InputError` for a loss whose inputs no column can give, and what the objective raises.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: str | Objective | nn.Module = "infonce",
        *,
        mini_batch_size: int | None = None,
        **options: Any,
    ):
        super().__init__()
        if isinstance(loss, nn.Module):
            if options:
                raise InputError(
                    f"options ({', '.join(options)}) and a loss that is made already: "
                    f"give them to {type(loss).__name__}, or give the loss by name."
                )
            self.objective = loss
        else:
            self.objective = objective(loss, embeddings="raw", **options)
        self.model = model
        self.mini_batch_size = mini_batch_size
        self.takes_labels = "labels" in self._inputs()
        if mini_batch_size is not None:
            GradientCache(model, mini_batch_size)  # refuses what cannot be, before training

    @property
    def uses_gradient_cache(self) -> bool:
        """Whether the model is encoded again in the backward pass; losses that wrap others ask."""
        return self.mini_batch_size is not None

    @property
    def calculate_loss(self) -> Any:
        """What MatryoshkaLoss changes in a loss with gradient caching. There is none here."""
        raise InputError(
            f"mini_batch_size={self.mini_batch_size} within MatryoshkaLoss: the shorter embeddings "
            "would be cut from a pass that is not the one differentiated. Leave mini_batch_size "
            "out of SentenceLoss there."
        )

    def _inputs(self) -> tuple[str, ...]:
        """What the loss takes beside embeddings. Raises `InputError` for what no column gives."""
        if not isinstance(self.objective, FastObjective):
            return ()
        inputs = self.objective.objective.inputs
        strange = [x for x in inputs if x != "labels"]
        if strange:
            raise InputError(
                f"{self.objective.objective.name} takes {', '.join(strange)}, arrays of sample "
                "numbers that no column of a dataset gives. Call derive.torch.objective in a "
                "training loop of your own."
            )
        return tuple(inputs)

    def forward(
        self, sentence_features: Iterable[Features], labels: Tensor | None = None
    ) -> Tensor:
        """The scalar of a batch. sentence_features: one dict a column; labels: (N,) or None."""
        columns = list(sentence_features)
        if not columns:
            raise InputError("a batch without columns. Give a dataset with anchor and positive.")
        if len(columns) == 1:
            columns = [columns[0], dict(columns[0])]  # models write into the dict
        h, h_prime, *negatives = self._embeddings(columns)
        more: dict[str, Tensor] = {}
        if negatives:
            more["negatives"] = torch.stack(negatives, 1)
        if self.takes_labels:
            if labels is None:
                raise InputError("the loss takes labels. Give the dataset a column 'label'.")
            more["labels"] = labels
        loss: Tensor = self.objective(h, h_prime, **more)
        return loss

    def _embeddings(self, columns: list[Features]) -> Iterable[Tensor]:
        if self.mini_batch_size is None:
            return [self.model(x)["sentence_embedding"] for x in columns]
        encode = GradientCache(self.model, self.mini_batch_size, select=_embedding)
        return encode(*(by_length(_per_sentence(x)) for x in columns))

    def get_config_dict(self) -> dict[str, Any]:
        """What the model card shows."""
        if not isinstance(self.objective, FastObjective):
            shown: dict[str, Any] = {"objective": type(self.objective).__name__}
        else:
            shown = {"objective": self.objective.objective.name}
            shown |= {name: _shown(value) for name, value in self.objective.hyper.items()}
            shown["gather"] = self.objective.gather
        return {**shown, "mini_batch_size": self.mini_batch_size}

    @property
    def citation(self) -> str:
        """BibTeX of the sources of the loss, for the model card. A module of the user has none."""
        if not isinstance(self.objective, FastObjective):
            raise AttributeError(f"{type(self.objective).__name__} states no source")
        return bibtex(self.objective.objective)


def _embedding(output: Mapping[str, Tensor]) -> Tensor:
    return output["sentence_embedding"]


def _per_sentence(features: Features) -> Features:
    """The features without what is one number for the whole batch and comes as a tensor."""
    length = features.get("prompt_length")
    if not isinstance(length, Tensor):
        return features
    return {**features, "prompt_length": int(length.flatten()[0])}


def _shown(value: Any) -> float | str:
    """A number; an expression in N and D, such as 1/(N - 1), as text."""
    if isinstance(value, Tensor):
        return value.item()
    try:
        return float(value)
    except TypeError:
        return str(value)
