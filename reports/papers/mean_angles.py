"""The simulation of 001, §3.1, that Figures 2, 3, 4 and 10 share: its settings, in words."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from derive.objective import Objective
from reports.context import Context
from reports.figures import in_pi
from reports.heatmap import Floats, Settings
from reports.outputs import Value


def settings_of(context: Context) -> Settings:
    """The paper's settings, at the size and seed of a context."""
    return Settings(cells=context.cells, batches=context.batches, seed=context.seed)


def sampling(s: Settings) -> str:
    """How a cell of a map is made: sentences for a caption."""
    return (
        f"{s.cells} × {s.cells} cells, each the mean of {s.batches:,} batches of 1 positive and "
        f"{s.negatives} negatives: θ_ii' ~ N(μ_pos, {s.positive_spread:g}²), "
        f"θ_ij' ~ N(μ_neg, {s.negative_spread:g}²) rad, folded into [0, π]; the means are the "
        f"centres of {s.cells} equal parts of {interval(s.positive_interval)} and "
        f"{interval(s.negative_interval)}. {same_draws(s)}"
    )


def same_draws(s: Settings) -> str:
    """The seed, and that its draws are shared."""
    return f"Seed {s.seed}; the same standard-normal draws everywhere."


def interval(ends: tuple[float, float]) -> str:
    """[π/20, π/2]."""
    return f"[{in_pi(ends[0])}, {in_pi(ends[1])}]"


def errors(error: Floats) -> str:
    """The Monte-Carlo error of a map or a curve, in words."""
    return (
        f"Monte-Carlo standard error of a mean: at most {error.max():.2g}, "
        f"median {np.median(error):.1g}."
    )


def short_title(objective: Objective) -> str:
    """The name that papers give it: `InfoNCE` of "InfoNCE, one direction"."""
    return re.split("[:,]", objective.title)[0]


def with_values(name: str, hyper: Mapping[str, str]) -> str:
    """`MET (m = 9/20)`."""
    return f"{name} ({values(hyper)})" if hyper else name


def over_panel(name: str, hyper: Mapping[str, str]) -> str:
    """The title of a panel: the name, and its values on a line below."""
    return f"{name}\n{values(hyper)}"


def values(hyper: Mapping[str, str]) -> str:
    """`τ = 1/20, u = π/18`."""
    return ", ".join(f"{symbol} = {value}" for symbol, value in hyper.items())


def listed(words: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def recorded(s: Settings, hyper: Mapping[str, Mapping[str, str]]) -> dict[str, Value]:
    """The settings of a picture; hyper: of each loss, by its name."""
    made: dict[str, Value] = {
        "seed": s.seed,
        "cells": s.cells,
        "batches": s.batches,
        "negatives": s.negatives,
        "mu_pos": interval(s.positive_interval),
        "mu_neg": interval(s.negative_interval),
        "sigma_pos": s.positive_spread,
        "sigma_neg": s.negative_spread,
    }
    for loss, own in hyper.items():
        made |= {f"{loss} {symbol}": value for symbol, value in own.items()}
    return made


def cells_of(s: Settings) -> dict[str, list[float]]:
    """The columns mu_pos_rad and mu_neg_rad of a map's cells, a row of the map after the other."""
    positive, negative = np.meshgrid(s.positive_means, s.negative_means, indexing="ij")
    return {"mu_pos_rad": positive.ravel().tolist(), "mu_neg_rad": negative.ravel().tolist()}
