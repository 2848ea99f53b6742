"""What an encoder's output depends on beside its inputs and weights: random state and autocast.

Captured before a forward pass and put back for a second one, so that dropout draws the same masks
and the products run in the same precision.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


def devices_of(tensors: Iterable[Tensor]) -> tuple[torch.device, ...]:
    """The devices other than the CPU that hold these tensors, each once."""
    return tuple({x.device: None for x in tensors if x.device.type not in ("cpu", "meta")})


@dataclass(frozen=True)
class RandomState:
    """The state of torch's generators: the CPU's, and those of some devices."""

    cpu: Tensor
    others: tuple[tuple[torch.device, Tensor], ...]

    @classmethod
    def now(cls, devices: Iterable[torch.device]) -> "RandomState":
        """The state at this moment."""
        others = tuple((device, _state(device)) for device in devices)
        return cls(torch.get_rng_state(), others)

    def restore(self) -> None:
        """Put the generators back to this state."""
        torch.set_rng_state(self.cpu)
        for device, state in self.others:
            _set_state(device, state)


def _state(device: torch.device) -> Tensor:
    module: Any = torch.get_device_module(device.type)
    state: Tensor = module.get_rng_state(*_where(device))
    return state


def _set_state(device: torch.device, state: Tensor) -> None:
    module: Any = torch.get_device_module(device.type)
    module.set_rng_state(state, *_where(device))


def _where(device: torch.device) -> tuple[torch.device, ...]:
    return () if device.type == "mps" else (device,)  # there is one such device


@contextmanager
def untouched(
    encoder: object, parameters: Sequence[Tensor], devices: tuple[torch.device, ...]
) -> Iterator[None]:
    """A block that leaves no trace, also by an error: generators go on where they were, running
    statistics have counted once, and hooks of the parameters have not seen parts of a gradient."""
    state = RandomState.now(devices)
    buffers = list(encoder.buffers()) if isinstance(encoder, nn.Module) else []
    before = [x.detach().clone() for x in buffers]
    hooks = [(x._backward_hooks, dict(x._backward_hooks)) for x in parameters if x._backward_hooks]
    for registered, _ in hooks:
        registered.clear()  # in place: autograd holds the same dict
    try:
        yield
    finally:
        state.restore()
        for x, old in zip(buffers, before, strict=True):
            x.data.copy_(old)  # by .data: another graph may hold the buffer, and must not mind
        for registered, those in hooks:
            registered.update(those)


@dataclass(frozen=True)
class Autocast:
    """The mixed precision of some device types: (type, enabled, dtype) each."""

    settings: tuple[tuple[str, bool, torch.dtype], ...]

    @classmethod
    def now(cls, devices: Iterable[torch.device]) -> "Autocast":
        """The setting at this moment, of the CPU and of the types of these devices."""
        types = {"cpu": None, **{device.type: None for device in devices}}
        return cls(
            tuple(
                (x, torch.is_autocast_enabled(x), torch.get_autocast_dtype(x))
                for x in types
                if torch.amp.is_autocast_available(x)
            )
        )

    @property
    def coarsest(self) -> float:
        """The largest rounding error of a dtype in use, 0 where autocast is off everywhere."""
        return max((torch.finfo(dtype).eps for _, on, dtype in self.settings if on), default=0.0)

    @contextmanager
    def again(self) -> Iterator[None]:
        """The same setting. Casts of the weights are not kept: those made without a graph would
        be met again in the pass with one, and cut it."""
        with ExitStack() as stack:
            for kind, on, dtype in self.settings:
                stack.enter_context(torch.autocast(kind, dtype, enabled=on, cache_enabled=False))
            yield
