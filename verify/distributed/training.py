"""One training step of a small encoder in float64: on a rank, and in one process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

FEATURES, HIDDEN, D = 6, 8, 5
_NOISE = 0.5  # of the second view
_ALIVE = 1e-3  # of a gradient, and of what does not cancel in it

Loss = Callable[[Tensor, Tensor], Tensor]


class ResultError(Exception):
    """What a loss returned is no scalar tensor. It ends the ranks, and so the wait of the others:
    no `ContragradError`, which a rank survives."""


@dataclass(frozen=True)
class Setting:
    """The batch: sizes, the pairs of each rank; seed, of data and encoder; unit: whether the
    encoder normalises its rows."""

    sizes: tuple[int, ...]
    seed: int
    unit: bool

    @property
    def total(self) -> int:
        return sum(self.sizes)

    def rows(self, rank: int) -> slice:
        return slice(sum(self.sizes[:rank]), sum(self.sizes[: rank + 1]))


@dataclass(frozen=True)
class Step:
    """value: what the loss returned; gradients: of every parameter (zeros where none came)."""

    value: float
    gradients: dict[str, Tensor]


class Encoder(nn.Module):
    """(n, FEATURES) -> (n, D): two layers, then unit rows if the setting wants them."""

    def __init__(self, setting: Setting):
        super().__init__()
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(setting.seed)
            first, second = nn.Linear(FEATURES, HIDDEN), nn.Linear(HIDDEN, D)
        self.layers = nn.Sequential(first, nn.Tanh(), second).double()
        self.unit = setting.unit

    def forward(self, x: Tensor) -> Tensor:
        e: Tensor = self.layers(x)
        return normalize(e, dim=1) if self.unit else e


def views(setting: Setting) -> Tensor:
    """(2, N, FEATURES): two noisy views of the samples of all ranks."""
    generator = torch.Generator().manual_seed(setting.seed)
    shape = (2, setting.total, FEATURES)
    x, noise = torch.randn(shape, dtype=torch.float64, generator=generator)
    return torch.stack([x, x + _NOISE * noise])


def step(encoder: nn.Module, loss: Loss, both: Tensor) -> Step:
    """Encodes both views, (2, n, FEATURES), in one pass, and goes back through what came of it.

    Raises `ResultError` if the loss returns no scalar tensor.
    """
    h, h_prime = encoder(both.flatten(0, 1)).chunk(2)
    value = checked(loss(h, h_prime))
    parameters = {name.removeprefix("module."): x for name, x in encoder.named_parameters()}
    if not value.requires_grad:
        # A rank that skips backward would leave DistributedDataParallel of the others waiting.
        value = value + 0 * h.sum()
    value.backward()
    found = {
        name: torch.zeros_like(x) if x.grad is None else x.grad.clone()
        for name, x in parameters.items()
    }
    return Step(float(value.detach()), found)


def checked(value: object) -> Tensor:
    """A tensor of one entry, without dimensions."""
    if not isinstance(value, Tensor):
        raise ResultError(f"the loss returns a {type(value).__name__}. Return a scalar tensor.")
    if value.numel() != 1:
        raise ResultError(
            f"the loss returns a tensor of shape {tuple(value.shape)}. Return a scalar tensor, "
            "such as its mean over anchors."
        )
    if not value.isfinite():
        raise ResultError(f"the loss is {float(value)} here: there is nothing to compare.")
    return value.reshape(())


def scales(setting: Setting, loss: Loss) -> dict[str, float]:
    """For each parameter, Σ over rows of ‖the row's part of its gradient‖: what has cancelled in a
    gradient that is small beside it, and with that the size of its rounding."""
    encoder = Encoder(setting)
    e = encoder(views(setting).flatten(0, 1))  # (2N, D)
    value = checked(loss(*e.chunk(2)))
    if not value.requires_grad:
        return dict.fromkeys((name for name, _ in encoder.named_parameters()), 0.0)
    (by_e,) = torch.autograd.grad(value, e, retain_graph=True)
    rows = torch.diag_embed(by_e.T).permute(1, 2, 0)  # (2N, 2N, D): row k alone
    named = dict(encoder.named_parameters())
    parts = torch.autograd.grad(e, list(named.values()), rows, is_grads_batched=True)
    return {
        name: float(part.flatten(1).norm(dim=1).sum())
        for name, part in zip(named, parts, strict=True)
    }


def sizes_of(gradients: Mapping[str, Tensor], scale: Mapping[str, float]) -> dict[str, float]:
    """What an error of each parameter's gradient is measured by: its largest entry, or the parts
    of rows where these cancel (a shift that the loss does not see)."""
    largest = {name: float(g.abs().max()) for name, g in gradients.items()}
    return {
        name: x if x > _ALIVE * scale[name] else max(scale[name], 1e-300)
        for name, x in largest.items()
    }


def alive(gradients: Mapping[str, Tensor], scale: Mapping[str, float]) -> bool:
    """Whether rows contribute to the gradient, and a sizeable part of that does not cancel."""
    total = max(scale.values())
    return total > _ALIVE and max(float(g.norm()) for g in gradients.values()) > _ALIVE * total
