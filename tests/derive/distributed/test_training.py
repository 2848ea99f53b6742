"""W processes train as one does: the gradient of every parameter after DistributedDataParallel's
averaging, and the value on every rank, against one process with the whole batch.

One process is autograd of the oracle, and our objective without gather. All are float64.
"""

from functools import partial

import pytest

from derive.objectives import names
from tests.derive.distributed import launch
from tests.derive.distributed.conftest import Together, cases
from tests.derive.distributed.training import Case, on_a_rank
from tests.derive.distributed.whole import Whole, by_oracle, disagreement

SIZES = {2: ((5, 8), (6, 6)), 4: ((1, 4, 3, 5),)}
LEARNED = {"infonce": {"tau": 0.2}, "siglip": {"t": 5.0, "b": -3.0}, "supcon": {"tau": 0.3},
           "mhe": {"nu": 5.0}, "vicreg": {"nu_cov": 20.0}}  # fmt: skip
EXTRAS = (
    ("infonce", "negatives"), ("infonce", "mask"), ("infonce", "labels"),
    ("mpt", "negatives", "mask"), ("hard_infonce", "negatives", "labels"),
    ("alpha_infonce", "negatives", "mask"), ("ntxent", "mask"), ("siglip", "labels"),
)  # fmt: skip


@pytest.mark.parametrize("case", cases(faults=False), ids=str)
def test_two_processes_train_as_one(together: Together, case: Case) -> None:
    assert not disagreement(case, together[str(case)])


@pytest.mark.parametrize("case", cases(faults=True), ids=str)
def test_a_planted_fault_is_caught(together: Together, case: Case) -> None:
    assert "gradient off by" in disagreement(case, together[str(case)])


def all_agree(some: list[Case], world: int) -> None:
    results = launch.run([partial(on_a_rank, case) for case in some], world, timeout=900)
    found = [disagreement(case, ranks) for case, ranks in zip(some, results, strict=True)]
    assert not "\n".join(filter(None, found))


@pytest.mark.slow
@pytest.mark.parametrize("world", SIZES)
def test_the_whole_catalogue_trains_as_in_one_process(world: int) -> None:
    all_agree(
        [Case(x, sizes, seed) for x in names() for seed, sizes in enumerate(SIZES[world])], world
    )


@pytest.mark.slow
@pytest.mark.parametrize("world", SIZES)
def test_learned_hyperparameters_and_extras_train_as_in_one_process(world: int) -> None:
    sizes = SIZES[world][0]
    some = [Case(loss, sizes, extras=tuple(extras)) for loss, *extras in EXTRAS]
    for loss, hyper in LEARNED.items():
        some += [Case(loss, sizes, hyper=hyper, learned=x) for x in ("inside", "outside")]
    all_agree(some, world)


def test_a_negligible_gradient_is_no_test() -> None:
    """MPT with every gate shut: equal to 1e-12 whatever the ranks do."""
    assert not Whole.of(Case("mpt", (5, 8), hyper={"m": -5.0}), by_oracle).alive()
