"""Gradient caching under DistributedDataParallel: two real processes (gloo) against one.

After DDP's averaging, every parameter gradient equals that of one process which encodes the same
mini-batches with the same dropout masks, on every rank.
"""

import gc
import inspect
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from torch import Tensor, distributed, multiprocessing, nn
from torch.nn.parallel import DistributedDataParallel

from derive.errors import InputError
from derive.torch import encoding, objective
from derive.torch.caching import GradientCache

RANKS = 2
SIZE = 3  # samples a mini-batch
LOCAL = objective("infonce", embeddings="raw", tau=0.1)


class Encoder(nn.Module):
    """Dropout, a buffer (DDP broadcasts it), and a layer that nothing uses."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Linear(5, 12), nn.Tanh(), nn.Dropout(0.2), nn.Linear(12, 6))
        self.unused = nn.Linear(2, 2)
        self.register_buffer("shift", torch.ones(6))
        self.double()

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x) + self.shift


def batch(rank: int, step: int) -> tuple[Tensor, Tensor]:
    """Two views of the samples of a rank, of which the ranks have different numbers."""
    generator = torch.Generator().manual_seed(10 * step + rank)
    x, y = torch.randn(2, 7 + 4 * rank, 5, dtype=torch.float64, generator=generator)
    return x, y


def plain(model: nn.Module, rank: int, step: int) -> list[Tensor]:
    """What a rank encodes, in this process, with the graph kept."""
    torch.manual_seed(100 * step + rank)
    return [torch.cat([model(x) for x in view.split(SIZE)]) for view in batch(rank, step)]


def gradient(model: nn.Module) -> Tensor:
    """All gradients in one vector; none is zero."""
    return torch.cat(
        [(torch.zeros_like(x) if x.grad is None else x.grad).flatten() for x in model.parameters()]
    )


def expected(steps: int = 1) -> Tensor:
    """The mean over ranks of each rank's own loss, summed over micro-batches."""
    model = Encoder()
    for step in range(steps):
        for rank in range(RANKS):
            (LOCAL(*plain(model, rank, step)) / RANKS).backward()
    return gradient(model)


def cached(rank: int, *, outside: bool = False, steps: int = 1, **options: bool) -> Tensor:
    """The gradient on a rank; all steps but the last in no_sync."""
    model = Encoder()
    if outside:
        encode = wrapper = DistributedDataParallel(GradientCache(model, SIZE), **options)
    else:
        wrapper = DistributedDataParallel(model, **options)
        encode = GradientCache(wrapper, SIZE)
    for step in range(steps):
        torch.manual_seed(100 * step + rank)
        if step < steps - 1:
            with wrapper.no_sync():
                LOCAL(*encode(*batch(rank, step))).backward()
        else:
            LOCAL(*encode(*batch(rank, step))).backward()
    return gradient(model)


def never_synchronised(rank: int) -> Tensor:
    right = encoding.Encoding._encode

    def wrong(*arguments: object) -> Tensor:
        return right(*arguments[:4])  # type: ignore[arg-type]

    with patch.object(encoding.Encoding, "_encode", wrong):
        return cached(rank)


def global_loss(rank: int) -> Tensor:
    model = Encoder()
    encode = GradientCache(DistributedDataParallel(model), SIZE)
    torch.manual_seed(rank)
    objective("infonce", embeddings="raw", tau=0.1, gather=True)(
        *encode(*batch(rank, 0))
    ).backward()
    return gradient(model)


def expected_of_the_global_loss() -> Tensor:
    model = Encoder()
    views = zip(*(plain(model, rank, 0) for rank in range(RANKS)), strict=True)
    LOCAL(*(torch.cat(view) for view in views)).backward()
    return gradient(model)


def refuses_a_static_graph(rank: int) -> Tensor:
    wrapper = DistributedDataParallel(Encoder(), static_graph=True)
    with pytest.raises(InputError, match="Wrap outside"):
        GradientCache(wrapper, SIZE)
    return cached(rank, outside=True, static_graph=True)


CASES: dict[str, Callable[[int], Tensor]] = {
    "inside": cached,
    "inside, unused parameters looked for": lambda rank: cached(rank, find_unused_parameters=True),
    "inside, two steps": lambda rank: cached(rank, steps=2),
    "outside": lambda rank: cached(rank, outside=True),
    "outside, unused": lambda rank: cached(rank, outside=True, find_unused_parameters=True),
    "outside, two steps": lambda rank: cached(rank, outside=True, steps=2),
    "static graph": refuses_a_static_graph,
    "never synchronised": never_synchronised,
}
if "gather" in inspect.signature(objective).parameters:
    CASES["global loss"] = global_loss


def work(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=RANKS
    )
    try:
        found = {name: case(rank) for name, case in CASES.items()}
    finally:
        gc.collect()  # the wrappers first: see `train.ranks.leave`
        distributed.destroy_process_group()
    torch.save(found, f"{folder}/{rank}.pt")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Tensor]]:
    """What each rank found."""
    folder: Path = tmp_path_factory.mktemp("ranks")
    multiprocessing.spawn(work, (str(folder),), nprocs=RANKS)
    return [torch.load(folder / f"{rank}.pt") for rank in range(RANKS)]


def distance(got: Tensor, wanted: Tensor) -> float:
    return float((got - wanted).abs().max() / wanted.abs().max())


@pytest.mark.parametrize("name", [x for x in CASES if x != "never synchronised"])
def test_every_rank_has_the_gradient_of_one_process(
    name: str, found: list[dict[str, Tensor]]
) -> None:
    wanted = expected_of_the_global_loss() if "global" in name else expected(1 + ("two" in name))
    assert wanted.abs().max() > 1e-3
    assert [distance(x[name], wanted) <= 1e-12 for x in found] == [True] * RANKS


def test_a_step_that_is_never_synchronised_is_caught(found: list[dict[str, Tensor]]) -> None:
    wanted = expected()
    assert all(distance(x["never synchronised"], wanted) > 0.1 for x in found)
