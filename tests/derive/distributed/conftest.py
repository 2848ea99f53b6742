"""One start of two processes for all of the fast tests: starting them is what takes the time."""

from functools import partial
from typing import Any

import pytest

from tests.derive.distributed import launch
from tests.derive.distributed.exchanges import ODD, exchanges
from tests.derive.distributed.refusals import DIFFERENT, REFUSED, refusal
from tests.derive.distributed.training import FAULTS, Case, on_a_rank

UNEVEN = (3, 5)
PAIR = (5, 8)
Together = dict[str, list[Any]]


def cases(*, faults: bool) -> list[Case]:
    """The training steps of the fast tests: sound ones, or those with a planted fault."""
    if faults:
        return [Case("infonce", PAIR, fault=fault) for fault in FAULTS]
    learned = Case("siglip", PAIR, hyper={"t": 5.0, "b": -3.0}, learned="inside")
    extras = Case("infonce", PAIR, extras=("negatives", "mask"))
    return [*(Case(loss, PAIR) for loss in ("infonce", "ntxent", "vicreg")), learned, extras]


@pytest.fixture(scope="session")
def together() -> Together:
    """What the ranks returned, by the name of the task."""
    tasks = {**exchanges(*UNEVEN), **ODD}
    tasks |= {f"refused {x}": partial(refusal, x) for x in (*REFUSED, *DIFFERENT)}
    for case in (*cases(faults=False), *cases(faults=True)):
        tasks[str(case)] = partial(on_a_rank, case)
    return dict(zip(tasks, launch.run(list(tasks.values()), 2), strict=True))
