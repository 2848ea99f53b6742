"""Distributions as a few numbers that JSON holds: nothing in them is NaN or infinite."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

Json = dict[str, Any]

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
BINS = 64  # of a histogram over [0, π]
EDGES = tuple(math.pi * k / BINS for k in range(BINS + 1))


def summary(values: Tensor) -> Json | None:
    """n, undefined, mean, std (population), quantiles at `QUANTILES`; None of no finite number.

    values: any shape. What is not finite is counted in `undefined`, and in nothing else.
    """
    flat = values.detach().flatten().double()
    finite = flat[flat.isfinite()]
    if not len(finite):
        return None
    array = finite.numpy()
    return {
        "n": len(array),
        "undefined": len(flat) - len(array),
        "mean": number(array.mean()),
        "std": number(array.std()),
        "quantiles": [number(x) for x in np.quantile(array, QUANTILES)],
    }


def distribution(angles: Tensor) -> Json | None:
    """`summary` of angles in radians, and `histogram`: counts in `BINS` equal bins over [0, π]."""
    found = summary(angles)
    if found is not None:
        counts = torch.histc(angles.flatten().double(), BINS, 0.0, math.pi)
        found["histogram"] = [int(x) for x in counts]
    return found


def mean(values: Tensor | Sequence[float]) -> float | None:
    """The mean of the finite values; None where there is none."""
    found = torch.as_tensor(values, dtype=torch.float64)
    found = found[found.isfinite()]
    return number(found.mean()) if len(found) else None


def number(x: Any) -> float | None:
    """A float, or None where it is not finite."""
    value = float(x)
    return value if math.isfinite(value) else None
