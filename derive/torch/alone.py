"""The exchanges of `derive.torch.processes` for a batch that one process has: all the identity."""

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


class Pending(Protocol):
    """Rows that are on their way."""

    def wait(self) -> Tensor: ...


@dataclass(frozen=True)
class _Here:
    rows: Tensor

    def wait(self) -> Tensor:
        return self.rows


@dataclass(frozen=True)
class Alone:
    """One process with the whole batch of `total` rows. Methods as those of `Shards`."""

    total: int
    rank: int = 0
    world: int = 1
    start: int = 0

    @classmethod
    def of(cls, h: Tensor) -> "Alone":
        """h: (N, …)."""
        return cls(h.shape[0])

    @property
    def sizes(self) -> tuple[int, ...]:
        return (self.total,)

    @property
    def stop(self) -> int:
        return self.total

    def refuse(self, error: Exception | None) -> None:
        if error is not None:
            raise error

    def gather(self, x: Tensor) -> Tensor:
        return x

    def gather_async(self, x: Tensor) -> Pending:
        return _Here(x)

    def scatter_sum(self, x: Tensor) -> Tensor:
        return x

    def sum(self, x: Tensor) -> Tensor:
        return x

    def max(self, x: Tensor) -> Tensor:
        return x

    def logsumexp(self, x: Tensor) -> Tensor:
        return x
