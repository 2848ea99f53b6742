"""The derived objective as a loss that sentence-transformers' trainer can call."""

from collections.abc import Iterable, Mapping
from typing import Any

from sentence_transformers import SentenceTransformer
from torch import Tensor, nn

from derive.errors import InputError
from derive.objective import Objective
from train.errors import DivergedError

ADVICE = "Lower --lr, or look at the hyper-parameters given with --set."
Features = dict[str, Tensor]  # what a tokenizer returns for one view of a batch


class DerivedLoss(nn.Module):
    """Encode both views of a batch and hand the raw embeddings to an objective.

    The attribute is called `model` because the trainer replaces it under that name.
    """

    def __init__(self, model: SentenceTransformer, objective: nn.Module):
        super().__init__()
        self.model = model
        self.objective = objective

    def forward(self, sentence_features: Iterable[Features], labels: Tensor | None) -> Tensor:
        """Two views, (N, tokens) each, to a scalar. There are no labels: row i pairs with row i."""
        h, h_prime = (self.model(view)["sentence_embedding"] for view in sentence_features)
        try:
            loss: Tensor = self.objective(h, h_prime)  # (N, D), (N, D) -> ()
        except InputError as error:  # the embeddings are this encoder's, not the user's
            raise DivergedError(f"the encoder broke down in training: {error} {ADVICE}") from error
        if not loss.isfinite():
            raise DivergedError(f"the loss became {loss.item()} in training. {ADVICE}")
        return loss


def derived_loss(
    model: SentenceTransformer, loss: str | Objective, settings: Mapping[str, Any]
) -> DerivedLoss:
    """A loss with its hyper-parameters, on the embeddings of `model`."""
    from derive.torch import objective

    return DerivedLoss(model, objective(loss, embeddings="raw", **settings))
