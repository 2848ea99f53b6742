"""The derived objective as a loss that stops the training run when training breaks down."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor, nn
from torch.nn import functional

from derive.errors import InputError
from derive.objective import Objective
from derive.torch.sentences import Features, SentenceLoss
from train.breakdown import ADVICE, Gradients, check_batch, check_embeddings
from train.diagnosis import Diagnosis
from train.errors import DivergedError
from train.protocols import PROTOCOLS, Protocol
from train.ranks import world
from train.trimming import encoded


class DerivedLoss(SentenceLoss):
    """`SentenceLoss` that says in the words of `train run` what went wrong.

    one_pass: all columns in one call of the encoder, of (columns · N, tokens): fewer calls, and in
    distributed training one synchronisation. The dropout masks are others than in two calls.
    trim: less padding on a CPU, as `train.trimming` says.
    diagnose: from the embeddings of a batch to a sentence on what of the loss is not finite there.
    """

    model: SentenceTransformer

    def __init__(
        self,
        model: SentenceTransformer,
        loss: nn.Module,
        *,
        one_pass: bool = False,
        trim: bool = False,
        mini_batch: int | None = None,
        diagnose: Callable[[Sequence[Tensor]], str] = lambda views: "",
    ):
        super().__init__(model, loss, mini_batch_size=mini_batch)
        self.diagnose = diagnose
        self.batch = Gradients((), diagnose)  # the one at hand
        self.one_pass, self.trim = one_pass, trim
        self.padding = Padding.of(model)

    def forward(
        self, sentence_features: Iterable[Features], labels: Tensor | None = None
    ) -> Tensor:
        """Two views, (N, tokens) each, to a scalar. There are no labels: row i pairs with row i.

        Raises `DivergedError` for embeddings, a loss, or a gradient of the batch before, that are
        not finite, and `InputError` for columns that cannot be encoded as they are to be.
        """
        before, self.batch = self.batch, Gradients((), self.diagnose)
        try:
            loss = super().forward(sentence_features, labels)
        except InputError as error:
            if not self.batch.views:  # the columns cannot be encoded: no fault of the encoder's
                raise
            check_embeddings(self.model, self.batch.views)
            raise DivergedError(f"the encoder broke down in training: {error} {ADVICE}") from error
        check_batch(self.model, before, self.batch, loss)
        return loss

    def gradient_fault(self) -> str:
        """Whether the loss's gradient by the last batch's embeddings was finite, after the backward
        pass: what was not, in words, or empty. It waits for the device."""
        return self.batch.fault()

    def _embeddings(self, columns: list[Features]) -> Iterable[Tensor]:
        # a head under autocast gives 16 bits; the loss has too few digits in them
        views = [x.float() if x.dtype in SHORT else x for x in self._encoded(columns)]
        self.batch = Gradients(views, self.diagnose)
        if world() > 1:  # gathered, they would make the loss of every process no number
            check_embeddings(self.model, self.batch.views)
        return views

    def _encoded(self, columns: list[Features]) -> Iterable[Tensor]:
        """The embeddings of every column, (N, D) each."""
        if self.mini_batch_size is not None:
            return super()._embeddings(columns)
        if not self.one_pass or not stackable(columns, self.padding):
            return [encoded(self.model, column, self.trim) for column in columns]
        whole = encoded(self.model, stacked(columns, self.padding), self.trim)
        return whole.chunk(len(columns))


class Symmetric(nn.Module):
    """(L(h, h′) + L(h′, h)) / 2 of an objective."""

    def __init__(self, objective: nn.Module):
        super().__init__()
        self.objective = objective

    def forward(self, h: Tensor, h_prime: Tensor, **others: Tensor) -> Tensor:
        """h, h_prime: (N, D), and what the objective takes; a scalar."""
        there: Tensor = self.objective(h, h_prime, **others)
        back: Tensor = self.objective(h_prime, h, **others)
        return (there + back) / 2


@dataclass(frozen=True)
class Padding:
    """How an encoder's tokenizer fills a batch: RoBERTa counts positions by the token's id."""

    token: int
    left: bool

    @classmethod
    def of(cls, model: nn.Module) -> "Padding":
        tokenizer = getattr(model, "tokenizer", None)
        token = getattr(tokenizer, "pad_token_id", None)
        return cls(token or 0, getattr(tokenizer, "padding_side", "right") == "left")

    def fill(self, name: str, value: Tensor, width: int) -> Tensor:
        """value: (N, tokens) to (N, width), filled on the right."""
        missing = width - value.shape[1]
        return functional.pad(value, (0, missing), value=self.token if name == "input_ids" else 0)


def stackable(columns: list[Features], padding: Padding) -> bool:
    """Whether one call may encode the columns: nothing but token ids and masks, all alike.

    More padding on the left would move a sentence to other positions.
    """
    if len({frozenset(column) for column in columns}) > 1:
        return False
    plain = all(
        isinstance(value, Tensor) and value.ndim == 2 if name in TOKENS else name in PLAIN
        for column in columns
        for name, value in column.items()
    )
    return plain and (not padding.left or len({x["input_ids"].shape[1] for x in columns}) == 1)


def stacked(columns: list[Features], padding: Padding) -> dict[str, Any]:
    """One batch of all columns, padded to the longest: (columns · N, tokens)."""
    width = max(column["input_ids"].shape[1] for column in columns)
    names = [name for name in columns[0] if name in TOKENS]
    plain = {name: value for name, value in columns[0].items() if name in PLAIN}
    return plain | {
        name: torch.cat([padding.fill(name, column[name], width) for column in columns])
        for name in names
    }


def derived_loss(
    model: SentenceTransformer,
    loss: str | Objective,
    settings: Mapping[str, Any],
    protocol: Protocol = PROTOCOLS["default"],
    gather: bool = False,
) -> DerivedLoss:
    """A loss with its hyper-parameters, on the embeddings of `model`.

    gather: of the whole batch, on every process of a distributed run.
    """
    from derive.torch import objective

    made: nn.Module = objective(loss, embeddings="raw", gather=gather, **settings)
    if protocol.symmetric:
        made = Symmetric(made)
    return DerivedLoss(
        model, made,
        one_pass=protocol.one_pass, trim=protocol.trim, mini_batch=protocol.mini_batch,
        diagnose=Diagnosis(loss, settings, shared=gather),
    )  # fmt: skip


TOKENS = ("input_ids", "attention_mask", "token_type_ids")
SHORT = (torch.float16, torch.bfloat16)
PLAIN = ("modality",)  # one value for the whole batch
