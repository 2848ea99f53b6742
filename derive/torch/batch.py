"""A batch as the engines take it: the views, what comes with them, and this process's share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from derive.nodes import H_PRIME, Z_PRIME, H, View, Z
from derive.torch.alone import Alone
from derive.torch.evaluator import Inputs, Values
from derive.torch.known import Mask
from derive.torch.processes import Shards


@dataclass(frozen=True)
class Batch:
    """h: (n, D) and h_prime: (m, D), the rows that are here: all N samples and, behind them, more
    candidates of the pool's view, or for `h` only the process's own anchors.

    anchors: N over all processes; candidates: N and the further ones; own: the anchors of this
    process; first_h: the sample that row 0 of h is; inputs: labels (N,), index arrays (N, M).
    """

    h: Tensor
    h_prime: Tensor
    values: Values
    anchors: int
    candidates: int
    own: slice
    inputs: Inputs = field(default_factory=dict)
    mask: Mask | None = None
    first_h: int = 0
    shards: Shards | Alone = field(default_factory=lambda: Alone(0))

    @classmethod
    def of(
        cls, h: Tensor, h_prime: Tensor, values: Values, inputs: Inputs | None = None
    ) -> "Batch":
        """The whole batch in one process. h, h_prime: (N, D)."""
        n = h.shape[0]
        return cls(h, h_prime, values, n, n, slice(0, n), inputs or {}, shards=Alone(n))

    @property
    def views(self) -> Mapping[View, Tensor]:
        return {H: self.h, Z: self.h, H_PRIME: self.h_prime, Z_PRIME: self.h_prime}

    @property
    def first(self) -> Mapping[View, int]:
        return {H: self.first_h, Z: self.first_h}


@dataclass(frozen=True)
class Gradients:
    """value: the scalar, (); by_h, by_h_prime: its gradients, as the rows of the batch that are
    here; by_parameter: by hyper-parameters, each ().

    partial: over several processes, those of this process's anchors alone, to be summed; else
    they are whole.
    """

    value: Tensor
    by_h: Tensor
    by_h_prime: Tensor
    by_parameter: Mapping[str, Tensor] = field(default_factory=dict)
    partial: bool = False
