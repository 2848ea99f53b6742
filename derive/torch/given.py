"""What one call of a loss is given beside its settings: read, checked, and agreed on by processes.

What one process refuses, all of them refuse: otherwise the others would wait for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from derive.errors import ContragradError
from derive.objective import Objective
from derive.torch.alone import Alone
from derive.torch.batches import (
    accumulating,
    check_inputs,
    check_integers,
    check_left,
    check_mask,
    check_negatives,
    check_numbers,
    check_rows,
    check_samples,
    check_shapes,
)
from derive.torch.evaluator import Inputs
from derive.torch.known import Mask
from derive.torch.processes import Processes, Shards

if TYPE_CHECKING:
    from torch.distributed import ProcessGroup


@dataclass
class Given:
    """h, h_prime: (N, D); labels: (N,), for losses that have none as an input; negatives: (N, D)
    or (N, K, D); mask: bool (N, candidates); inputs: by name, those the objective states."""

    h: Tensor
    h_prime: Tensor
    labels: Tensor | None
    negatives: Tensor | None
    mask: Tensor | None
    inputs: dict[str, Tensor]

    def read(self, objective: Objective, *, normalised: bool, alone: bool) -> None:
        """Checks what does not depend on other processes, and brings rows to the precision they
        are computed in; normalised: they have to be of norm 1. Raises `InputError`."""
        check_shapes(self.h, self.h_prime)
        if alone:
            check_samples(len(self.h))
        check_inputs(objective.inputs, self.inputs, self.h)
        if self.labels is not None:
            check_integers("labels", self.labels, self.h, 1)
        if self.negatives is not None:
            self.negatives = check_negatives(self.negatives, self.h)
        rows = _Rows(self.h.dtype, objective.embeddings == "raw", normalised)
        self.h, self.h_prime = rows("h", self.h), rows("h_prime", self.h_prime)
        if self.negatives is not None:
            self.negatives = rows("negatives", self.negatives)

    def candidates(self, samples: int) -> int:
        """How many an anchor has: the samples and the further ones."""
        return samples * (1 if self.negatives is None else 1 + self.negatives.shape[1])

    def check_across(self, shards: Processes, *, symmetric: bool) -> None:
        """Checks what counts over the samples of all processes; symmetric: a mask has to be (of
        several processes none sees all of it: there it is not checked). Raises `InputError`."""
        check_samples(shards.total)
        if self.mask is not None:
            candidates = self.candidates(shards.total)
            check_mask(self.mask, self.h, candidates, shards.start, symmetric=symmetric)
        for name, x in self.inputs.items():
            if name != "labels":
                check_numbers(name, x, shards.start, shards.total)

    def left_out(self, shards: Processes) -> Mask | None:
        """Which pairs are, by a mask, by labels, or by both. Raises `InputError` if an anchor is
        left without a negative."""
        if self.mask is None and self.labels is None:
            return None
        labels = None if self.labels is None else shards.gather(self.labels)
        mask = Mask(self.mask, labels, shards.start, self.candidates(shards.total))
        own = slice(shards.start, shards.stop)
        together(shards, lambda: check_left(mask, own, self.h))
        return mask

    def gathered(self, shards: Processes) -> Inputs:
        """Labels and sample numbers of all processes."""
        return {name: shards.gather(x.long()) for name, x in self.inputs.items()}

    def summary(self) -> str:
        """What has to be alike on all processes."""
        each = None if self.negatives is None else tuple(self.negatives.shape[1:])
        given = [self.labels is not None, self.mask is not None, sorted(self.inputs), each]
        return f"{given} {torch.is_grad_enabled()} {self.h.requires_grad}"


@dataclass(frozen=True)
class _Rows:
    """Rows as the engines take them."""

    dtype: torch.dtype
    raw_loss: bool
    normalised: bool

    def __call__(self, name: str, x: Tensor) -> Tensor:
        x = accumulating(x)
        unit = self.dtype if self.normalised and not self.raw_loss else None
        check_rows(name, x.flatten(0, -2), unit=unit, directions=not self.raw_loss)
        return x


def agreed(
    given: Given, read: Callable[[], None], settings: str, group: "ProcessGroup | None"
) -> Shards:
    """Whose rows are whose. Raises `InputError` on every process if one of them cannot go on, or
    if what they were given is not alike."""
    error = _error_of(read)
    return Shards.of(given.h, group, same=f"{settings} {given.summary()}", error=error)


def together(shards: Processes, check: Callable[[], None]) -> None:
    """Raises what a check raises, on every process or on none."""
    if isinstance(shards, Alone):
        check()
    else:
        shards.refuse(_error_of(check))


def _error_of(check: Callable[[], None]) -> ContragradError | None:
    try:
        check()
    except ContragradError as error:
        return error
    return None


def split(others: Mapping[str, Any], objective: Objective) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is given by name: hyper-parameters, and inputs."""
    hyper = {x.name for x in objective.hyper}
    return (
        {name: x for name, x in others.items() if name in hyper},
        {name: x for name, x in others.items() if name not in hyper},
    )
