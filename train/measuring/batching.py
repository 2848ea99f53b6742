"""Rows of embeddings as batches, and what cannot be put into any."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.linalg import vector_norm

from train.measuring.errors import MeasurementError


def batches(h: Tensor, h_prime: Tensor, seed: int, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of exactly `batch` rows in the order of the seed; all rows if they are fewer."""
    size = min(batch, len(h))
    order = torch.randperm(len(h), generator=torch.Generator().manual_seed(seed))
    for rows in order[: len(h) // size * size].split(size):
        yield h[rows], h_prime[rows]


def check(h: Tensor, h_prime: Tensor, batch: int) -> None:
    """Raises `MeasurementError` for embeddings that cannot be measured."""
    if h.ndim != 2 or h.shape != h_prime.shape:
        raise MeasurementError(
            f"embeddings of shapes {tuple(h.shape)} and {tuple(h_prime.shape)} are no two views. "
            "Give two of shape (rows, D)."
        )
    if min(len(h), batch) < 2:
        raise MeasurementError(
            f"{len(h)} rows in batches of {batch}: without a second row there are no negatives. "
            "Give at least 2 rows, and batches of 2."
        )
    for name, x in (("h", h), ("h'", h_prime)):
        if not x.isfinite().all():
            raise MeasurementError(
                f"the embeddings {name} are not finite: nothing can be measured. Lower --lr."
            )
        if not (vector_norm(x.detach().double(), dim=1) > 0).all():
            raise MeasurementError(
                f"an embedding of {name} is zero: it has no angle to others. Lower --lr."
            )
