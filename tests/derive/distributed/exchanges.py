"""What a rank does in the tests of `derive.torch.processes`."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from unittest.mock import patch

import torch
import torch.distributed as dist
from torch import Tensor

from derive.errors import InputError
from derive.torch import processes
from derive.torch.processes import Shards

DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16, torch.int64)


def rows(rank: int, n: int, dtype: torch.dtype) -> Tensor:
    """(n, 2, 3): small whole numbers, exact in every dtype."""
    generator = torch.Generator().manual_seed(rank)
    return torch.randint(-8, 9, (n, 2, 3), generator=generator).to(dtype)


def everything(sizes: tuple[int, ...], dtype: torch.dtype, native: bool) -> dict[str, Any]:
    """Every exchange, on a rank. native: by reduce-scatter, as on NCCL."""
    rank = dist.get_rank()
    mine = rows(rank, sizes[rank], dtype)
    shards = Shards.of(mine)
    pending = shards.gather_async(mine)
    of_all = rows(10 + rank, sum(sizes), dtype)
    with patch.object(processes, "_REDUCE_SCATTER", ("gloo",) if native else ()):
        own = shards.scatter_sum(of_all.transpose(1, 2))
    found = {
        "place": (shards.rank, shards.world, shards.sizes, shards.start, shards.stop, shards.total),
        "gather": shards.gather(mine),
        "gather_async": pending.wait(),
        "scatter_sum": own.transpose(1, 2),
        "mask": shards.gather(mine > 0),
        "sum": shards.sum(of_all),
        "max": shards.max(of_all),
    }
    if dtype.is_floating_point:
        found["logsumexp"] = shards.logsumexp(of_all)
    return found


def extremes() -> dict[str, Tensor]:
    """logsumexp where a sum of plain exponentials overflows, underflows or is empty."""
    rank, inf = dist.get_rank(), torch.inf
    rows = [[800.0, -900.0, -inf, -inf, inf, torch.nan], [801.0, -901.0, 3.0, -inf, 0, 0]]
    x = torch.tensor(rows, dtype=torch.float64)
    shards = Shards.of(torch.zeros(1, 1))
    return {"found": shards.logsumexp(x[rank]), "known": x.logsumexp(dim=0)}


def refusal(what: str) -> None:
    """Something is wrong on rank 1."""
    odd = dist.get_rank() == 1
    h = torch.zeros(0 if odd and what == "rows" else 2, 4 if odd and what == "columns" else 3)
    if odd and what == "dtype":
        h = h.double()
    error = InputError("row 0 of h is not finite") if odd and what == "error" else None
    Shards.of(h, same="labels" if odd and what == "same" else "", error=error)


def device() -> None:
    Shards.of(torch.zeros(2, 3, device="meta"))


def subgroups() -> tuple[Tensor, str]:
    """The group of rank 1 alone: rank 0 is not in it."""
    group = dist.new_group([1])
    try:
        return Shards.of(torch.ones(1, 2), group).gather(torch.ones(1, 2)), ""
    except InputError as error:
        return torch.zeros(0), str(error)


def gradient_refused() -> bool:
    shards = Shards.of(torch.zeros(1, 1))
    try:
        shards.sum(torch.zeros(1, requires_grad=True) * 2)
    except AssertionError:
        return True
    return False


REFUSALS = {
    "rows": "rank 1 has no rows",
    "columns": "differ in the shape of a row: rank 1 from rank 0",
    "dtype": "differ in dtype: rank 1 from rank 0",
    "same": "differ in what the objective was given: rank 1 from rank 0",
    "error": "rank 1 refused its batch",
}


def exchanges(*sizes: int) -> dict[str, Callable[[], Any]]:
    """`everything`, by a name for each dtype and route."""
    settings = [(dtype, native) for dtype in DTYPES for native in (False, True)]
    return {
        f"{sizes} {x} {native}": partial(everything, sizes, x, native) for x, native in settings
    }


ODD: Mapping[str, Callable[[], Any]] = {
    "extremes": extremes, "device": device, "subgroups": subgroups,
    "gradient refused": gradient_refused, **{name: partial(refusal, name) for name in REFUSALS},
}  # fmt: skip
