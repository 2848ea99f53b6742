"""Which losses an expensive test runs on: one of each kind in the gate, all of them in `slow`."""

from collections.abc import Iterable
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
