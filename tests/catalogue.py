"""Which losses an expensive test runs on: one of each kind in the gate, all of them in `slow`."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

ONE_OF_EACH = (  # a row of cosines, both views, labels, arrays, a share, distances, angles, …
    "infonce", "ntxent", "supcon", "mixup_infonce", "hard_infonce", "met", "arccon", "align",
    "mhs", "barlow_twins", "barlow_twins_original", "vicreg", "mvicreg", "mmhe", "alpha_direct",
    "alpha_triplet",
)  # fmt: skip
FEW = ("infonce", "supcon", "met", "vicreg", "mvicreg", "alpha_triplet")


def sampled(names: Iterable[str], kept: tuple[str, ...] = ONE_OF_EACH) -> list[Any]:
    """Parameters of a test: those kept, and the others marked slow."""
    return [x if x in kept else pytest.param(x, marks=pytest.mark.slow) for x in names]


def thinned(values: Sequence[Any], kept: int) -> list[Any]:
    """Parameters of a test: `kept` of them, evenly spread, and the others marked slow."""
    fast = {round(n * (len(values) - 1) / max(kept - 1, 1)) for n in range(kept)}
    return [
        x if n in fast else pytest.param(*as_tuple(x), marks=pytest.mark.slow)
        for n, x in enumerate(values)
    ]


def as_tuple(x: Any) -> tuple[Any, ...]:
    """The arguments that one parameter stands for."""
    return x if isinstance(x, tuple) else (x,)
