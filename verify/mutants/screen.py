"""The batches at which mutants are held against a loss's oracle, evaluated once for all of them.

The comparison is that of `verify.comparison`: value and both gradients (along the sphere, for unit
rows), in units of eps times the scales of the original loss, with the limit of `checks.fast`; of a
loss of anchors also each anchor's term.
"""

from dataclasses import dataclass
from functools import cached_property, partial
from random import Random
from typing import Any

import torch
from torch import Tensor

from derive.errors import InputError
from verify.checks.fast import LIMIT, TILE
from verify.comparison import Training, differentiated, training_scales
from verify.draws import Example
from verify.regimes import REGIMES
from verify.scales import units
from verify.strategies import Batch
from verify.subject import Subject
from verify.windows import HIGH, LOW

SIZES = ((5, 4), (4, 6), (6, 3), (3, 5), (7, 4))  # (N, D)
_ROUNDS = 2  # every regime so often
_AT_EXTREMES = ("independent", "paired")


@dataclass(frozen=True)
class Run:
    """name: what was evaluated; raw: on rows that were normalised first."""

    name: str
    found: Training
    raw: bool = False


@dataclass(frozen=True)
class Point:
    """An example, and what the oracle and the scales are there."""

    example: Example

    @property
    def subject(self) -> Subject:
        return self.example.subject

    @cached_property
    def arguments(self) -> dict[str, Any]:
        return {**self.example.values, **self.example.inputs}

    @cached_property
    def expected(self) -> Training:
        """Of the oracle."""
        h, h_prime = self.example.h, self.example.h_prime
        return differentiated(lambda x, y: self.subject.oracle(x, y, **self.arguments), h, h_prime)

    @cached_property
    def terms(self) -> Tensor | None:
        """(N,): of the oracle, for a loss of anchors."""
        if self.subject.oracle_terms is None:
            return None
        h, h_prime = self.example.h, self.example.h_prime
        return self.subject.oracle_terms(h, h_prime, **self.arguments).detach()

    @cached_property
    def scales(self) -> tuple[Tensor, Tensor]:
        """Of the value, and of a gradient."""
        example = self.example
        value, slope = training_scales(self.subject, example.h, example.h_prime, example)
        return torch.maximum(value, self.expected.value.abs()), slope

    @cached_property
    def runs(self) -> list[Run]:
        """The objective that trains: in its own tiles, in small ones, and on raw rows."""
        return self.evaluated()

    def evaluated(self) -> list[Run]:
        """The same anew: with whatever is planted at the time."""
        kind = "raw" if self.subject.raw else "unit"
        views = self.example.h, self.example.h_prime
        runs = [
            Run("value and gradients", self._trained(*views, embeddings=kind)),
            Run("in tiles", self._trained(*views, embeddings=kind, tile=TILE)),
        ]
        if not self.subject.raw:
            raw = [norm * x for norm, x in zip(self._norms, views, strict=True)]
            runs.append(Run("raw rows", self._trained(*raw, embeddings="raw"), raw=True))
        return runs

    def _trained(self, h: Tensor, h_prime: Tensor, **options: Any) -> Training:
        module = self.subject.fast(**options, **self.example.values)
        return differentiated(partial(module, **self.example.inputs), h, h_prime)

    @cached_property
    def _norms(self) -> tuple[Tensor, Tensor]:
        """Of raw rows, two of (N, 1): 10⁻² to 10²."""
        generator = torch.Generator().manual_seed(self.example.batch.seed)
        shares = torch.rand(2, self.example.batch.n, 1, generator=generator, dtype=torch.float64)
        first, second = 10 ** (4 * shares - 2)
        return first, second

    def away(self, run: Run, terms: Tensor | None = None) -> dict[str, float]:
        """What was found less what was expected, in units. Of raw rows the gradient is compared
        times their norms, all of it: it has no part along the row."""
        value_scale, slope = self.scales
        differences = []
        for found, expected, x, norm in zip(
            (run.found.by_h, run.found.by_h_prime),
            (self.expected.by_h, self.expected.by_h_prime),
            (self.example.h, self.example.h_prime),
            self._norms,
            strict=True,
        ):
            if run.raw:
                differences.append(norm * found - self.subject.comparable(expected, x))
            else:
                differences.append(self.subject.comparable(found - expected, x))
        errors = {
            f"{run.name}: value": units(run.found.value - self.expected.value, value_scale),
            f"{run.name}: gradient": units(torch.cat(differences), slope),
        }
        if terms is not None and self.terms is not None:
            size = torch.maximum(value_scale * len(self.terms), self.terms.abs())
            errors["terms of the anchors"] = units(terms - self.terms, size)
        return errors

    def between(self, a: Run, b: Run) -> float:
        """How far two runs of one kind are from each other, in units."""
        value_scale, slope = self.scales
        views = self.example.h, self.example.h_prime
        pairs = ((a.found.by_h, b.found.by_h), (a.found.by_h_prime, b.found.by_h_prime))
        differences = [
            norm * (x - y) if a.raw else self.subject.comparable(x - y, rows)
            for (x, y), rows, norm in zip(pairs, views, self._norms, strict=True)
        ]
        found = (
            units(a.found.value - b.found.value, value_scale),
            units(torch.cat(differences), slope),
        )
        return max(x if x == x else torch.inf for x in found)


def disagreement(errors: dict[str, float]) -> str:
    """The first quantity that is off by more than the limit, or nothing."""
    for name, size in errors.items():
        if not size <= LIMIT:  # also NaN
            return f"{name} off by {size:.3g} units (limit {LIMIT:g})"
    return ""


def points(subject: Subject, seed: int) -> list[Point]:
    """All regimes in turn, with hyper-parameters over their windows, and then at their extremes;
    no batch is tied."""
    random = Random(seed)
    found = []
    for at, regime in enumerate([*list(REGIMES) * _ROUNDS, *_AT_EXTREMES]):
        n, d = SIZES[at % len(SIZES)]
        shares = tuple(random.random() for _ in subject.free)
        if at >= _ROUNDS * len(REGIMES):
            shares = tuple(LOW if at % 2 else HIGH for _ in subject.free)
        example = Example(subject, Batch(regime, n, d, random.getrandbits(32)), shares)
        if not _is_tied(example):
            found.append(Point(example))
    return found


def _is_tied(example: Example) -> bool:
    try:
        return example.is_tied
    except InputError:  # only ties in every draw
        return True
