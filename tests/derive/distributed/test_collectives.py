"""The exchanges between processes, against the same numbers in one process."""

import time
from typing import Any

import pytest
import torch
import torch.distributed as dist

from derive.errors import InputError
from derive.torch.processes import Alone, Shards
from tests.derive.distributed import launch
from tests.derive.distributed.conftest import UNEVEN, Together
from tests.derive.distributed.exchanges import DTYPES, REFUSALS, exchanges, rows
from verify.distributed.launch import ProcessError


def expected(sizes: tuple[int, ...], dtype: torch.dtype, rank: int) -> dict[str, Any]:
    world, start = len(sizes), sum(sizes[:rank])
    gathered = torch.cat([rows(r, sizes[r], dtype) for r in range(world)])
    stacked = torch.stack([rows(10 + r, sum(sizes), dtype) for r in range(world)])
    stop, total = start + sizes[rank], sum(sizes)
    found = {
        "place": (rank, world, sizes, start, stop, total),
        "gather": gathered,
        "gather_async": gathered,
        "scatter_sum": stacked.sum(dim=0)[start:stop],
        "mask": gathered > 0,
        "sum": stacked.sum(dim=0),
        "max": stacked.amax(dim=0),
    }
    if dtype.is_floating_point:
        found["logsumexp"] = stacked.double().logsumexp(dim=0).to(dtype)
    return found


def assert_the_same(
    ranks: list[dict[str, Any]], sizes: tuple[int, ...], dtype: torch.dtype
) -> None:
    for rank, found in enumerate(ranks):
        known = expected(sizes, dtype, rank)
        assert found.keys() == known.keys()
        assert found.pop("place") == known.pop("place")
        for name, value in found.items():
            assert value.dtype == known[name].dtype, name
            slack = 8 * torch.finfo(dtype).eps if name == "logsumexp" else 0
            torch.testing.assert_close(value, known[name], rtol=slack, atol=slack)


@pytest.mark.parametrize("native", [False, True], ids=["all-to-all", "reduce-scatter"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_shards_are_exchanged(together: Together, dtype: torch.dtype, native: bool) -> None:
    assert_the_same(together[f"{UNEVEN} {dtype} {native}"], UNEVEN, dtype)


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(4, 1, 3, 3), (2, 2)], ids=str)
def test_more_processes_and_equal_shards(sizes: tuple[int, ...]) -> None:
    tasks = exchanges(*sizes)
    for name, ranks in zip(tasks, launch.run(list(tasks.values()), len(sizes)), strict=True):
        dtype = next(x for x in DTYPES if str(x) in name)
        assert_the_same(ranks, sizes, dtype)


@pytest.mark.parametrize("what", REFUSALS)
def test_all_ranks_refuse_what_one_cannot_compute(together: Together, what: str) -> None:
    first, second = together[what]
    assert isinstance(first, InputError)
    assert isinstance(second, InputError)
    assert REFUSALS[what] in str(first)
    assert ("row 0 of h is not finite" if what == "error" else REFUSALS[what]) in str(second)


def test_a_device_without_a_backend_is_refused(together: Together) -> None:
    for error in together["device"]:
        assert "h is on meta, and the process group has backends for" in str(error)


def test_logsumexp_at_the_edges(together: Together) -> None:
    for rank in together["extremes"]:
        torch.testing.assert_close(rank["found"], rank["known"], equal_nan=True)


def test_groups_are_checked(together: Together) -> None:
    (_, message), (gathered, _) = together["subgroups"]
    assert "rank 0) is not in the group" in message
    assert gathered.shape == (1, 2)


def test_nothing_is_exchanged_that_autograd_follows(together: Together) -> None:
    assert together["gradient refused"] == [True, True]


def test_without_a_process_group_there_is_nothing_to_share_with() -> None:
    with pytest.raises(InputError, match="not initialised"):
        Shards.of(torch.zeros(2, 3))


def test_alone_everything_is_the_identity() -> None:
    x = torch.randn(4, 3)
    alone = Alone.of(x)
    assert (alone.rank, alone.world, alone.sizes, alone.start, alone.stop, alone.total) == (
        0, 1, (4,), 0, 4, 4,
    )  # fmt: skip
    for exchange in (alone.gather, alone.scatter_sum, alone.sum, alone.max, alone.logsumexp):
        assert exchange(x) is x
    assert alone.gather_async(x).wait() is x


def fails() -> None:
    raise RuntimeError("planted" if dist.get_rank() == 1 else "")


def hangs() -> None:
    if dist.get_rank() == 1:
        time.sleep(3600)


@pytest.mark.slow
def test_a_failing_rank_is_a_failing_test() -> None:
    with pytest.raises(ProcessError, match=r"rank \d of 2: RuntimeError"):
        launch.run([fails], 2)


@pytest.mark.slow
def test_a_hanging_rank_is_a_failing_test() -> None:
    with pytest.raises(ProcessError, match="still ran after 10 s"):
        launch.run([hangs], 2, timeout=10)
