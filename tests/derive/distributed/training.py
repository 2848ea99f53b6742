"""One training step of an encoder, on a rank under DistributedDataParallel."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from derive.objectives import load
from derive.torch import objective
from derive.torch.processes import Shards
from tests.derive.batches import inputs_of

FEATURES, HIDDEN, D, FURTHER = 6, 8, 5, 2
FAULTS = ("times world", "over world", "no gather gradient")
Batch = dict[str, Tensor]


@dataclass(frozen=True)
class Case:
    """A loss on a batch that ranks of those sizes share.

    extras: "negatives", "mask", "labels", where the loss takes them beside its own inputs. hyper:
    settings that are not the default; learned: whether they are parameters, "inside" the module
    that DistributedDataParallel wraps or "outside"; fault: one of FAULTS, planted.
    """

    loss: str
    sizes: tuple[int, ...]
    seed: int = 0
    extras: tuple[str, ...] = ()
    hyper: Mapping[str, float] = field(default_factory=dict)
    learned: str = ""
    fault: str = ""

    def __str__(self) -> str:
        words = (self.loss, str(self.sizes), *self.extras, self.learned, self.fault)
        return " ".join(filter(None, words))

    @property
    def embeddings(self) -> str | None:
        return "raw" if load(self.loss).embeddings == "unit" else None


@dataclass(frozen=True)
class Step:
    """value: the scalar; gradients: of every parameter, after averaging over the ranks."""

    value: float
    gradients: dict[str, Tensor]


class Encoder(nn.Module):
    """Two layers, float64; learned hyper-parameters beside them."""

    def __init__(self, case: Case, *, learns: bool):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(case.seed)
            linear = nn.Linear(FEATURES, HIDDEN), nn.Linear(HIDDEN, D)
        self.layers = nn.Sequential(linear[0], nn.Tanh(), linear[1])
        self.layers.double()
        self.learned = nn.ParameterDict(learned(case) if learns else {})

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def learned(case: Case) -> dict[str, nn.Parameter]:
    return {k: nn.Parameter(torch.tensor(v).double()) for k, v in case.hyper.items()}


def batch(case: Case) -> Batch:
    """Of all ranks: x, y, two noisy views, (N, FEATURES), further negatives to encode, and what the
    loss takes as it is."""
    generator = torch.Generator().manual_seed(case.seed)
    n = sum(case.sizes)
    x, noise = torch.randn(2, n, FEATURES, dtype=torch.float64, generator=generator)
    found = {"x": x, "y": x + 0.5 * noise, **inputs_of(load(case.loss), n, case.seed)}
    columns = n
    if "negatives" in case.extras:
        shape = (n, FURTHER, FEATURES)
        found["negatives"] = torch.randn(shape, dtype=torch.float64, generator=generator)
        columns += n * FURTHER
    if "mask" in case.extras:
        mask = torch.rand(n, columns, generator=generator) < 0.2
        mask[:, :n] |= mask[:, :n].T.clone()
        found["mask"] = mask
    if "labels" in case.extras:
        found["labels"] = torch.randint(0, 4, (n,), generator=generator)
    return found


def encoded(model: nn.Module, rows: Batch) -> tuple[Tensor, dict[str, Tensor]]:
    """In one pass: all embeddings, one below the other, and what a loss takes."""
    names = [x for x in ("x", "y", "negatives") if x in rows]
    parts = [rows[name].reshape(-1, FEATURES) for name in names]
    e = model(torch.cat(parts))
    given = {"x": "h", "y": "h_prime"}
    found = {
        given.get(name, name): part.view(*rows[name].shape[:-1], D)
        for name, part in zip(names, e.split([len(part) for part in parts]), strict=True)
    }
    return e, found | {name: x for name, x in rows.items() if name not in names}


def on_a_rank(case: Case) -> Step:
    """With this rank's rows of the batch. Sample numbers and columns stay those of all ranks."""
    rank, world = dist.get_rank(), dist.get_world_size()
    mine = slice(sum(case.sizes[:rank]), sum(case.sizes[: rank + 1]))
    encoder = Encoder(case, learns=case.learned == "inside")
    model = DistributedDataParallel(encoder)
    outside = learned(case) if case.learned == "outside" else {}
    hyper = {**case.hyper, **encoder.learned, **outside}
    loss = objective(case.loss, embeddings=case.embeddings, gather=True, **hyper)
    _, given = encoded(model, {name: x[mine] for name, x in batch(case).items()})
    with planted(case.fault):
        value = loss(**given)
    factor = {"times world": world, "over world": 1 / world}.get(case.fault, 1)
    rescaled(value, factor).backward()
    return Step(value.item(), gradients(encoder, outside))


def gradients(encoder: Encoder, outside: Mapping[str, nn.Parameter]) -> dict[str, Tensor]:
    parameters = {**dict(encoder.layers.named_parameters()), **encoder.learned, **outside}
    return {name: x.grad for name, x in parameters.items() if x.grad is not None}


def rescaled(value: Tensor, factor: float) -> Tensor:
    """The same value with a gradient times that factor."""
    return value.detach() + factor * (value - value.detach())


@contextmanager
def planted(fault: str) -> Iterator[None]:
    """A gather without a gradient: what other ranks owe to this rank's rows never comes home."""

    def stays(shards: Shards, x: Tensor) -> Tensor:
        return x[shards.start : shards.stop].clone()

    gather = stays if fault == "no gather gradient" else Shards.scatter_sum
    with patch.object(Shards, "scatter_sum", gather):
        yield
