"""What a loss does at a few batches: its value and its gradients. All that a diagnosis looks at.

Runs where the code runs: torch and the standard library alone. Batches of several shapes tell a
factor N from a factor 2; two are held out, and judge what was found on the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from verify.audits import own_draws

Loss = Callable[[Tensor, Tensor], Tensor]
Inputs = Callable[[int], tuple[Tensor, Tensor]]
_UNIT = ((5, 4, 1.5), (4, 3, 0.6), (5, 4, 0.6), (7, 4, 1.5), (5, 7, 1.0), (8, 5, 2.5), (6, 3, 1.0))
_RAW = ((5, 4, 0.6), (6, 3, 1.5), (4, 6, 0.6), (7, 4, 1.0))
_GIVEN = 5  # seeds of somebody's own batches


@dataclass(frozen=True)
class Observation:
    """h, h_prime: (N, D), float64; value: scalar; by_h, by_h_prime: (N, D), the gradients (zeros
    where there is none). unit: unit rows. exact: whether the code computed in float64."""

    h: Tensor
    h_prime: Tensor
    value: Tensor
    by_h: Tensor
    by_h_prime: Tensor
    unit: bool
    exact: bool = True

    @property
    def sizes(self) -> tuple[int, int]:
        """N and D."""
        n, d = self.h.shape
        return n, d


def observe(loss: Loss, *, inputs: Inputs | None = None, seed: int = 0) -> list[Observation]:
    """The loss at our batches and at somebody's; where it raises or is not finite is left out."""
    found = []
    for h, h_prime in batches(inputs, seed):
        seen = at(loss, h, h_prime, seed)
        if seen is not None:
            found.append(seen)
    return found


def batches(inputs: Inputs | None, seed: int) -> list[tuple[Tensor, Tensor]]:
    """Where to look: pairs of (N, D), float64."""
    draws = [
        own_draws.pairs(n, d, noise, 1000 * (seed + 1) + k, unit=unit)
        for unit, shapes in ((True, _UNIT), (False, _RAW))
        for k, (n, d, noise) in enumerate(shapes)
    ]
    if inputs is not None:
        draws += [tuple(x.detach().double() for x in inputs(seed + k)) for k in range(_GIVEN)]  # type: ignore[misc]
    return draws


def at(loss: Loss, h: Tensor, h_prime: Tensor, seed: int = 0) -> Observation | None:
    """The loss at one batch; None where it raises or is not finite."""
    leaves = [x.detach().clone().requires_grad_() for x in (h, h_prime)]
    torch.manual_seed(seed)
    try:
        value = loss(*leaves)
        gradients = _gradients(value, leaves)
    except Exception:  # the audit's own findings tell of it
        return None
    if not all(x.isfinite().all() for x in (value, *gradients)):
        return None
    unit = all(bool(((x.norm(dim=1) - 1).abs() < 1e-6).all()) for x in (h, h_prime))
    exact = value.dtype == torch.float64
    by_h, by_h_prime = gradients
    return Observation(h, h_prime, value.detach().double(), by_h, by_h_prime, unit, exact)


def _gradients(value: Tensor, leaves: Sequence[Tensor]) -> list[Tensor]:
    if not value.requires_grad:
        return [torch.zeros_like(x) for x in leaves]
    found = torch.autograd.grad(value.reshape(()), list(leaves), allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(leaves, found, strict=True)]


_TENSORS = ("h", "h_prime", "value", "by_h", "by_h_prime")


def pack(found: Sequence[Observation]) -> dict[str, Tensor]:
    """As tensors by name, for a file that is read with `weights_only`."""
    packed = {f"{k}.{name}": getattr(x, name) for k, x in enumerate(found) for name in _TENSORS}
    flags = {f"{k}.flags": torch.tensor([x.unit, x.exact]) for k, x in enumerate(found)}
    return packed | flags


def unpack(packed: dict[str, Tensor]) -> list[Observation]:
    """What `pack` packed."""
    found: list[Observation] = []
    while f"{len(found)}.flags" in packed:
        k = len(found)
        unit, exact = packed[f"{k}.flags"].tolist()
        tensors = {x: packed[f"{k}.{x}"] for x in _TENSORS}
        found.append(Observation(**tensors, unit=unit, exact=exact))
    return found
