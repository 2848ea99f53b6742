"""Losses of sentence-transformers on given embeddings: a model that encodes nothing.

A loss there is built with a model and called with the features of each column of a data set. Here
a feature is a row number, and the model looks the row up.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

Loss = Callable[[Tensor, Tensor], Tensor]
Make = Callable[..., Any]


class Lookup(nn.Module):
    """model({"row": (B,) consecutive numbers, "column": c}) → those rows of column c."""

    def __init__(self) -> None:
        super().__init__()
        self.columns: Sequence[Tensor] = ()

    def __getitem__(self, index: int) -> "Lookup":
        return self  # asked for its first module, to see its kind

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Tensor]:
        rows = features["row"]
        return {"sentence_embedding": self.columns[features["column"]][rows]}


def _called(model: Lookup, loss: Any, columns: Sequence[Tensor], labels: Tensor) -> Tensor:
    model.columns = columns
    rows = torch.arange(len(columns[0]), device=columns[0].device)
    features = [{"row": rows, "column": c} for c in range(len(columns))]
    found = loss(features, labels)
    if isinstance(found, dict):  # named terms, which its trainer adds
        found = sum(found.values())
    value: Tensor = found
    return value


def columns(make: Make) -> Loss:
    """Two columns: anchors and positives."""
    model = Lookup()
    loss = make(model)
    return lambda h, h_prime: _called(model, loss, (h, h_prime), torch.zeros(len(h)))


def one_column(make: Make) -> Loss:
    """Both views in one column, labelled by their pair."""
    model = Lookup()
    loss = make(model)

    def value(h: Tensor, h_prime: Tensor) -> Tensor:
        labels = torch.arange(len(h), device=h.device).repeat(2)
        return _called(model, loss, (torch.cat([h, h_prime]),), labels)

    return value


def all_pairs(make: Make) -> Loss:
    """Every h_i beside every h'_j, labelled 1 where they are a pair and 0 elsewhere."""
    model = Lookup()
    loss = make(model)

    def value(h: Tensor, h_prime: Tensor) -> Tensor:
        n = len(h)
        labels = torch.eye(n, dtype=h.dtype, device=h.device).flatten()
        return _called(model, loss, (h.repeat_interleave(n, 0), h_prime.repeat(n, 1)), labels)

    return value


def all_triplets(make: Make) -> Loss:
    """Every anchor and positive with every other sample's h'."""
    model = Lookup()
    loss = make(model)

    def value(h: Tensor, h_prime: Tensor) -> Tensor:
        i, j = (~torch.eye(len(h), dtype=torch.bool, device=h.device)).nonzero().unbind(1)
        return _called(model, loss, (h[i], h_prime[i], h_prime[j]), torch.zeros(len(i)))

    return value


class _Eager(torch.autograd.Function):
    """A loss that runs its own backward into leaves, as a node of a graph."""

    @staticmethod
    def forward(ctx: Any, loss: Loss, h: Tensor, h_prime: Tensor) -> Tensor:
        # Its detach is how it saves memory, no stop-gradient: an audit's recorder must not see it.
        with torch._C.DisableTorchFunction(), torch.enable_grad():
            leaves = [x.detach().clone().requires_grad_() for x in (h, h_prime)]
            value = loss(*leaves)
            value.backward()
            ctx.save_for_backward(
                *(torch.zeros_like(x) if x.grad is None else x.grad for x in leaves)
            )
            return value.detach()

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[None, Tensor, Tensor]:
        first, second = ctx.saved_tensors
        return None, upstream * first, upstream * second


def eager_columns(make: Make) -> Loss:
    """Two columns, for a loss that encodes in mini-batches and encodes again in its backward."""
    plain = columns(make)

    def value(h: Tensor, h_prime: Tensor) -> Tensor:
        if not torch.is_grad_enabled():
            return plain(h, h_prime)
        found: Tensor = _Eager.apply(plain, h, h_prime)
        return found

    return value
