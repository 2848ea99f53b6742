"""The derived objective as a loss that stops the training run when training breaks down."""

from collections.abc import Iterable, Mapping
from typing import Any

from sentence_transformers import SentenceTransformer
from torch import Tensor

from derive.errors import InputError
from derive.objective import Objective
from derive.torch.sentences import Features, SentenceLoss
from train.errors import DivergedError

ADVICE = "Lower --lr, or look at the hyper-parameters given with --set."


class DerivedLoss(SentenceLoss):
    """`SentenceLoss` that says in the words of `train run` what went wrong."""

    model: SentenceTransformer

    def forward(
        self, sentence_features: Iterable[Features], labels: Tensor | None = None
    ) -> Tensor:
        """Two views, (N, tokens) each, to a scalar. There are no labels: row i pairs with row i.

        Raises `DivergedError` for embeddings, or a loss, that are not finite.
        """
        try:
            loss = super().forward(sentence_features, labels)
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
