"""A loss of anyone's, called safely: its value and gradients, or what went wrong."""

import inspect
import random
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn.functional import normalize

Loss = Callable[..., Any]


@dataclass(frozen=True)
class Outcome:
    """value: (), by_h, by_h_prime: (N, D), all in float64; None where `error` says why not.

    dead: per input, whether autograd has no path to it. flaws: things a loss should not do that
    do not stop it (it changes its inputs in place, it returns shape (1,)).
    """

    value: Tensor | None = None
    by_h: Tensor | None = None
    by_h_prime: Tensor | None = None
    dead: tuple[bool, bool] = (False, False)
    error: str | None = None
    flaws: tuple[str, ...] = ()

    @property
    def gradients(self) -> tuple[Tensor, Tensor]:
        """By h and by h'."""
        assert self.by_h is not None
        assert self.by_h_prime is not None
        return self.by_h, self.by_h_prime

    @property
    def parts(self) -> tuple[Tensor, Tensor, Tensor]:
        """The value and the gradients."""
        assert self.value is not None
        return (self.value, *self.gradients)

    @property
    def number(self) -> float:
        """The value as a float."""
        assert self.value is not None
        return self.value.item()

    @cached_property
    def is_finite(self) -> bool:
        """The value and every entry of the gradients; False also where it failed."""
        if self.value is None:
            return False
        return all(bool(x.isfinite().all()) for x in self.parts)

    def equals(self, other: "Outcome") -> bool:
        """Bit for bit, a NaN like a NaN."""
        if self.error or other.error:
            return False
        mine, theirs = self.parts, other.parts
        return all(
            torch.equal(torch.nan_to_num(a), torch.nan_to_num(b))
            and torch.equal(a.isnan(), b.isnan())
            for a, b in zip(mine, theirs, strict=True)
        )  # fmt: skip


@dataclass(frozen=True)
class BlackBox:
    """A callable f(h, h_prime, **hyper) → scalar and its hyper-parameters.

    A class of modules is built with the hyper-parameters that its `__init__` takes; a module is
    copied and cast, so the caller's stays as it is. normalise: call it with normalised rows.
    """

    function: Loss
    hyper: Mapping[str, Any] = field(default_factory=dict)
    normalise: bool = False

    def __call__(
        self,
        h: Tensor,
        h_prime: Tensor,
        *,
        seed: int = 0,
        mode: AbstractContextManager[Any] | None = None,
    ) -> Outcome:
        """h, h_prime: (N, D), of the dtype to compute in; copied. mode: entered around the call
        and its backward. Exceptions of the loss become an `error`."""
        views = [x.detach().clone().requires_grad_(True) for x in (h, h_prime)]
        with _seeded(seed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return self._outcome(views, (h, h_prime), mode or nullcontext())
            except Exception as error:
                return Outcome(error=f"{type(error).__name__}: {_first_line(error)}")

    def _outcome(
        self, views: list[Tensor], given: tuple[Tensor, Tensor], mode: AbstractContextManager[Any]
    ) -> Outcome:
        with torch.enable_grad(), mode:
            rows = [normalize(x, dim=1) for x in views] if self.normalise else views
            result = self.raw(*rows)
            flaws = []
            if not isinstance(result, Tensor):
                return Outcome(error=f"returns {type(result).__name__}, not a tensor")
            if not result.is_floating_point() or result.numel() != 1:
                kind = f"{str(result.dtype).removeprefix('torch.')} of shape {tuple(result.shape)}"
                return Outcome(error=f"returns {kind}, not one floating-point scalar")
            if result.ndim:
                flaws.append(f"returns shape {tuple(result.shape)}, not ()")
            found: tuple[Tensor | None, ...] = (None, None)
            if result.requires_grad:
                found = torch.autograd.grad(result.reshape(()), views, allow_unused=True)
        changed = [
            name
            for name, x, y in zip(("h", "h_prime"), views, given, strict=True)
            if not torch.equal(x.detach(), y) and not y.isnan().any()
        ]
        flaws += [f"changes {name} in place" for name in changed]
        grads = [
            (torch.zeros_like(x) if g is None else g).detach().double()
            for g, x in zip(found, views, strict=True)
        ]
        value = result.detach().reshape(()).double()
        dead = (found[0] is None, found[1] is None)
        return Outcome(value, grads[0], grads[1], dead, None, tuple(flaws))

    def raw(self, h: Tensor, h_prime: Tensor) -> Any:
        """What the callable returns; its exceptions pass."""
        hyper = {k: _copied(v) for k, v in self.hyper.items()}
        f: Any = self.function
        if inspect.isclass(f) and issubclass(f, Module):
            return f(**hyper).to(h.dtype)(h, h_prime)
        if isinstance(f, Module):
            has_state = any(True for _ in (*f.parameters(), *f.buffers()))
            return (deepcopy(f).to(h.dtype) if has_state else f)(h, h_prime, **hyper)
        return f(h, h_prime, **hyper)

    def value(self, h: Tensor, h_prime: Tensor, *, seed: int = 0) -> float:
        """The value alone; NaN where it fails."""
        outcome = self(h, h_prime, seed=seed)
        return float("nan") if outcome.error else outcome.number

    @property
    def stops_on_purpose(self) -> str:
        """What an objective of ours stops by its specification; "" otherwise."""
        stops = getattr(getattr(self.function, "objective", None), "stop_gradients", "none")
        return "" if stops == "none" else str(stops)

    @property
    def name(self) -> str:
        """For messages."""
        name = getattr(self.function, "__name__", type(self.function).__name__)
        return "the loss" if name == "<lambda>" else str(name)


_APART = 0x5EED


def generator_seed(seed: int) -> int:
    """Of torch and Python's random numbers, while a loss is called with that seed."""
    return seed + _APART


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """A loss that draws gets the same numbers each time, and the caller keeps his. Not those of
    that very seed: a batch may have been drawn with it, and noise must not be the batch again."""
    seed = generator_seed(seed)
    numbers, state = torch.default_generator.get_state(), random.getstate()
    torch.default_generator.manual_seed(seed)
    random.seed(seed)
    try:
        yield
    finally:
        torch.default_generator.set_state(numbers)
        random.setstate(state)


def _copied(x: Any) -> Any:
    return x.detach().clone().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else "no message"
