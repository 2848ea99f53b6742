"""Mean gradient dissipation over (μ_pos, μ_neg): Figure 2 of arXiv:2402.18281, computed.

    θ_ii' ~ N(μ_pos, σ_pos²),  θ_ij' ~ N(μ_neg, σ_neg²)        [radians]

μ_pos and μ_neg are the centres of equal parts of their intervals. Every cell uses the same
standard-normal draws (common random numbers): errors are shared by neighbours, so the picture is
smooth and each cell has the error of its own mean.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import pi, sqrt
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sympy import Expr
from torch import Tensor

from derive.nodes import D, Inner, N
from derive.paradigm import Decomposition
from reports.errors import ReportError
from reports.row_forms import obstacle, without_names
from reports.rows import evaluate_rows
from train.config import GREATEST_SEED

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]
# All batches of a column of cells are computed at once: memory grows with cells · batches.
GREATEST = {"cells": 1000, "batches": 100_000, "seed": GREATEST_SEED}


@dataclass(frozen=True)
class Settings:
    """How cells are made. Intervals and spreads in radians; defaults: the paper's (§3.1.1)."""

    cells: int = 100  # parts of each interval
    batches: int = 1000  # a cell
    negatives: int = 127  # a batch, beside its one positive
    seed: int = 0
    positive_interval: tuple[float, float] = (pi / 20, pi / 2)
    negative_interval: tuple[float, float] = (pi / 20, pi)
    positive_spread: float = 0.05
    negative_spread: float = 0.10

    def __post_init__(self) -> None:
        least = {"cells": 2, "batches": 2, "negatives": 1, "seed": 0}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise ReportError(
                    f"--{name} {getattr(self, name)} is too small for a heatmap. "
                    f"Give at least {bound}."
                )
        for name, bound in GREATEST.items():
            if getattr(self, name) > bound:
                raise ReportError(
                    f"--{name} {getattr(self, name)} is too large. Give at most {bound}."
                )

    @property
    def positive_means(self) -> Floats:
        return centres(self.positive_interval, self.cells)

    @property
    def negative_means(self) -> Floats:
        return centres(self.negative_interval, self.cells)


class Draws(NamedTuple):
    """Standard normal draws: positive (batches,), negative (batches, negatives)."""

    positive: Floats
    negative: Floats


@dataclass(frozen=True)
class Heatmap:
    """mean and error (the standard error of the mean): (μ_pos, μ_neg), both (cells, cells).

    hyper: what GD depends on and what was set, display name → value.
    """

    loss: str
    settings: Settings
    hyper: Mapping[str, str]
    mean: Floats
    error: Floats


@dataclass(frozen=True)
class NoHeatmap:
    """reason: why a loss has none, a sentence."""

    loss: str
    reason: str


def centres(interval: tuple[float, float], parts: int) -> Floats:
    """The centres of equal parts of an interval."""
    edges = np.linspace(*interval, parts + 1)
    return (edges[1:] + edges[:-1]) / 2


def draw(settings: Settings) -> Draws:
    """The draws that all cells share; the positives' come first."""
    generator = np.random.default_rng(settings.seed)
    positive = generator.standard_normal(settings.batches)
    return Draws(positive, generator.standard_normal((settings.batches, settings.negatives)))


def dissipation_heatmap(
    d: Decomposition, settings: Settings, progress: Progress | None = None
) -> Heatmap | NoHeatmap:
    """Mean GD in every cell, from the symbolic GD; or why there is no such figure.

    progress: told (columns done, columns) after each μ_neg.
    """
    reason = why_none(d)
    if reason:
        return NoHeatmap(d.objective.name, reason)
    with one_thread():
        mean, deviation = _moments(d, settings, progress or (lambda done, of: None))
    error = deviation / sqrt(settings.batches)
    return Heatmap(d.objective.name, settings, shown_hyper(d, d.dissipation), mean, error)


def _moments(d: Decomposition, settings: Settings, progress: Progress) -> tuple[Floats, Floats]:
    """Mean and standard deviation over the batches, both (μ_pos, μ_neg)."""
    mean, deviation = np.empty((2, settings.cells, settings.cells))
    for column, sample in enumerate(columns(d.dissipation, numbers(d, settings), settings)):
        mean[:, column] = sample.mean(dim=1).numpy()
        deviation[:, column] = sample.std(dim=1).numpy()
        progress(column + 1, settings.cells)
    return mean, deviation


def columns(e: Expr, values: Mapping[str, float], settings: Settings) -> Iterator[Tensor]:
    """An anchor's expression at every μ_pos, (cells, batches), for one μ_neg after the other.

    values: of the hyper-parameters, by name. Take them within `one_thread`.
    """
    draws = draw(settings)
    positive = torch.from_numpy(
        settings.positive_means[:, None] + settings.positive_spread * draws.positive
    )  # (cells, batches)
    for mu in settings.negative_means:
        negatives = torch.from_numpy(mu + settings.negative_spread * draws.negative)
        yield evaluate_rows(e, positive, negatives, values)


@contextmanager
def one_thread() -> Iterator[None]:
    """Tensors of 100 × 1000 are too small to share: on a busy machine threads take ten times
    as long, waiting for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def why_none(d: Decomposition) -> str:
    """Why GD has no heatmap over the angles of one row; empty if it has one."""
    if not without_names(d.dissipation).atoms(Inner):
        cause = f": {d.no_gauge}" if d.no_gauge else ""
        return f"GD = {d.dissipation} at every angle{cause}."
    why = obstacle(d.dissipation)
    return f"The angles of one row do not determine GD: {why}." if why else ""


def numbers(d: Decomposition, settings: Settings) -> dict[str, float]:
    """Hyper-parameters as numbers; those that depend on D cannot occur in GD here."""
    values = d.objective.defaults(d.coefficients.settings)
    pairs = settings.negatives + 1
    return {name: float(x.subs(N, pairs)) for name, x in values.items() if not x.has(D)}


def shown_hyper(d: Decomposition, e: Expr) -> dict[str, str]:
    """What an expression of the loss depends on, and what was set: display name → value."""
    values = d.objective.defaults(d.coefficients.settings)
    used = {symbol.name for symbol in without_names(e).free_symbols} | set(d.coefficients.settings)
    shown = [x for x in d.objective.hyper if x.name in used]
    return {x.display: str(values[x.name]).replace("*pi", "π").replace("pi", "π") for x in shown}
