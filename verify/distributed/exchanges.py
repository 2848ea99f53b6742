"""What a loss sends to other processes, as the dispatcher of torch sees it."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from verify.distributed.training import Loss

_NAMESPACES = ("c10d", "_c10d_functional")
# Parts of the names of operators, more telling ones first → what is said.
_KINDS = {
    "reduce_scatter": "reduce-scatter", "allreduce": "all-reduce", "all_reduce": "all-reduce",
    "allgather": "all-gather", "all_gather": "all-gather", "gather": "gather",
    "alltoall": "all-to-all", "all_to_all": "all-to-all", "scatter": "scatter",
    "broadcast": "broadcast", "reduce": "reduce", "send": "send", "recv": "receive",
}  # fmt: skip


@dataclass(frozen=True)
class Exchange:
    """kind: "all-gather"; shape: of the smallest tensor of the call, what one rank sends; real:
    whether it holds floating-point numbers (embeddings, statistics) and not sizes or labels."""

    kind: str
    shape: tuple[int, ...]
    real: bool

    def __str__(self) -> str:
        return f"{self.kind} of {self.shape}"


@dataclass(frozen=True)
class Exchanges:
    """In the order of the calls: while the loss is computed, and while its gradient is."""

    forward: tuple[Exchange, ...]
    backward: tuple[Exchange, ...]

    def forward_kinds(self) -> set[str]:
        """Of real numbers."""
        return {x.kind for x in self.forward if x.real}

    def __str__(self) -> str:
        return f"forward {_listed(self.forward)}; backward {_listed(self.backward)}"


def _listed(some: tuple[Exchange, ...]) -> str:
    counts: dict[str, int] = {}
    for x in some:
        counts[str(x)] = counts.get(str(x), 0) + 1
    return ", ".join(f"{k}× {x}" if k > 1 else x for x, k in counts.items()) or "nothing"


class Recorder(TorchDispatchMode):
    """Keeps every exchange that is made inside."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Exchange] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func.namespace in _NAMESPACES:
            name = func._schema.name.partition("::")[2]
            kind = next((said for part, said in _KINDS.items() if part in name), None)
            tensors = [x for x in tree_leaves(args) if isinstance(x, Tensor)]
            if kind and tensors:
                least = min(tensors, key=Tensor.numel)
                real = least.dtype.is_floating_point
                self.seen.append(Exchange(kind, tuple(least.shape), real))
        return func(*args, **(kwargs or {}))


def record(loss: Loss, h: Tensor, h_prime: Tensor) -> Exchanges:
    """Calls the loss on these rows and goes back to them. Every rank calls it."""
    h, h_prime = (x.detach().clone().requires_grad_() for x in (h, h_prime))
    with Recorder() as forward:
        value = loss(h, h_prime)
    with Recorder() as backward:
        if isinstance(value, Tensor) and value.requires_grad:
            value.sum().backward()
    return Exchanges(tuple(forward.seen), tuple(backward.seen))
