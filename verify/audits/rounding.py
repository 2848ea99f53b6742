"""What rounding may do to a loss: Monte Carlo arithmetic.

Every result of an operation that rounds, in the forward and the backward pass, is multiplied by
1 + u·unit, u uniform in ±1 (Parker 1997; here with the inputs too). The spread of the value and
of the gradients over some runs is the scale that differences are measured in. Operations that do
not round (a maximum, a mask, a copy) are left alone: their results are compared for equality.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from verify.audits.calls import BlackBox, Outcome

RUNS = 6
_EXACT = """
    clone cat stack masked_fill where gather index index_select index_put max min amax amin topk
    sort relu clamp clamp_min clamp_max neg abs sign copy _to_copy detach triu tril flip roll
    repeat constant_pad_nd select_backward slice_backward threshold_backward scatter scatter_add
    diagonal_backward lift_fresh maximum minimum embedding round floor ceil nan_to_num zeros
    ones full eye arange scalar_tensor empty zeros_like ones_like full_like new_zeros new_ones
    new_full new_empty value_selecting_reduction_backward take_along_dim masked_select
    diag_embed index_select_backward linspace randn rand normal bernoulli native_dropout unbind
    masked_scatter sgn heaviside isnan fill diag trace one_hot unfold_backward median kthvalue
    view_as_real evenly_distribute_backward expand_copy cummax cummin fmax fmin randn_like
    rand_like randperm empty_like empty_strided new_empty_strided _unsafe_view _reshape_alias
    slice_scatter select_scatter diagonal_scatter rot90 tile
"""
EXACT = frozenset(_EXACT.split())  # operations that do not round


class Rounding(TorchDispatchMode):
    """unit: the relative size of an error. coarsest: the largest eps of a dtype met, so far."""

    def __init__(self, unit: float, generator: torch.Generator):
        super().__init__()
        self.unit, self.generator, self.coarsest = unit, generator, 0.0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """torch imports its compiler, seconds long, to keep it off a mode's methods."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        return out if _is_exact(func) else tree_map(self._rounded, out)

    def _rounded(self, x: Any) -> Any:
        if not isinstance(x, Tensor) or not x.is_floating_point():
            return x
        eps = torch.finfo(x.dtype).eps
        if x.numel() > 1:  # a lone number is often a constant of the default dtype
            self.coarsest = max(self.coarsest, eps)
        return jittered(x, self.unit, self.generator)


def jittered(x: Tensor, unit: float, generator: torch.Generator) -> Tensor:
    """x·(1 + u·unit), u uniform in ±1, entry by entry."""
    if unit == 0:
        return x
    noise = torch.rand(x.shape, generator=generator, dtype=torch.float64) * 2 - 1
    return x * (1 + unit * noise).to(x.dtype)


def _is_exact(func: Any) -> bool:
    schema = func._schema
    name = schema.name.split("::")[-1]
    return name in EXACT or any(r.alias_info is not None for r in schema.returns)


@dataclass(frozen=True)
class Spread:
    """The largest changes by rounding: of the value, and of each gradient in Frobenius norm.

    inside: the eps of the coarsest dtype that the loss computes in.
    """

    value: float
    by_h: float
    by_h_prime: float
    inside: float = 0.0


def spread(f: BlackBox, h: Tensor, h_prime: Tensor, eps: float, *, seed: int) -> Spread:
    """h, h_prime: (N, D) float64. eps: the unit of rounding of the arithmetic that is simulated.

    The errors planted are of 2⁻²⁶ at least, and the spread is then scaled down: an eps of
    float64 would be drowned in the real rounding, and at a kink the spread of a gradient is a
    jump, which scales down and is left to `kinks`.
    """
    mode = Rounding(0.0, torch.Generator())
    base = f(h, h_prime, seed=seed, mode=mode)
    inside = mode.coarsest
    if base.error:
        base = f(h, h_prime, seed=seed)
    # A loss that computes in float32 on purpose is read as one of float32.
    eps = max(eps, inside) if inside <= torch.finfo(torch.float32).eps else eps
    unit = max(eps, 2.0**-26)
    if base.error:
        return Spread(0.0, 0.0, 0.0, inside)
    runs = [_run(f, h, h_prime, unit, seed, k) for k in range(RUNS)]
    changes = [_changes(base, run) for run in runs if run.is_finite]
    worst = [max(c) for c in zip(*changes, strict=True)] or [0.0, 0.0, 0.0]
    scaled = [eps / unit * x for x in worst]
    return Spread(scaled[0], scaled[1], scaled[2], inside)


def _run(f: BlackBox, h: Tensor, h_prime: Tensor, unit: float, seed: int, k: int) -> Outcome:
    generator = torch.Generator().manual_seed(7919 * seed + k)
    views = [jittered(x, unit, generator) for x in (h, h_prime)]
    outcome = f(*views, seed=seed, mode=Rounding(unit, generator))
    if outcome.error:  # a loss that a dispatch mode cannot run: its inputs alone
        outcome = f(*views, seed=seed)
    if outcome.error:  # a loss that takes unit rows alone: its operations alone
        outcome = f(h, h_prime, seed=seed, mode=Rounding(unit, generator))
    return outcome


def _changes(base: Outcome, run: Outcome) -> tuple[float, float, float]:
    a, b = base.gradients, run.gradients
    mine = [torch.where(x.isfinite(), y - x, 0.0).norm().item() for x, y in zip(a, b, strict=True)]
    return abs(run.number - base.number), mine[0], mine[1]
