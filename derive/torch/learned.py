"""Hyper-parameters of a loss module: exact numbers, or tensors that gradients flow to."""

from collections.abc import Mapping
from functools import lru_cache
from math import isfinite

from sympy import Expr, Symbol
from torch import Tensor, nn

from derive.errors import HyperparameterError
from derive.hyper import Hyper, read_settings
from derive.torch.batches import checks_values
from derive.torch.evaluator import Values

_PREFIX = "value_"  # a module has attributes of its own, such as `half` and `type`


class Settings(nn.Module):
    """The hyper-parameters of an objective; those that are an `nn.Parameter` are registered.

    Raises `UnknownNameError` for a name that the objective does not have, and
    `HyperparameterError` for a value outside its domain or a tensor of more than one number (on
    an accelerator, tensors are not looked at).
    """

    def __init__(self, hypers: tuple[Hyper, ...], given: Mapping[str, object]):
        super().__init__()
        self.hypers = hypers
        tensors = {name: x for name, x in given.items() if isinstance(x, Tensor)}
        exact = read_settings(hypers, {k: x for k, x in given.items() if k not in tensors})
        read_settings(hypers, {name: _default(hypers, name) for name in tensors})  # the names
        for hyper in hypers:
            if hyper.name in tensors:
                _check(hyper, tensors[hyper.name])
        self.numbers = {x.name: exact.get(x.name, x.default) for x in hypers}
        self.tensors = {k: x for k, x in tensors.items() if not isinstance(x, nn.Parameter)}
        for name in [k for k, x in self.tensors.items() if not x.requires_grad]:
            self.register_buffer(_PREFIX + name, self.tensors.pop(name))  # moves with the module
        self.learned = nn.ParameterDict(
            {_PREFIX + k: x for k, x in tensors.items() if isinstance(x, nn.Parameter)}
        )

    def all(self) -> dict[str, Expr | Tensor]:
        """Every hyper-parameter."""
        return {**self.numbers, **self._scalars()}

    def _scalars(self) -> dict[str, Tensor]:
        kept = {**dict(self.named_buffers(recurse=False)), **dict(self.learned)}
        return {**self.tensors, **{k.removeprefix(_PREFIX): x for k, x in kept.items()}}

    def replaced(self, given: Mapping[str, object]) -> "Settings":
        """With other values for some."""
        return Settings(self.hypers, {**self.all(), **given}) if given else self

    def values(self, sizes: Mapping[Symbol, int], like: Tensor) -> tuple[Values, dict[str, Tensor]]:
        """The numbers at a batch of those sizes, and the tensors as scalars like its rows."""
        learned = {
            name: x.reshape(()).to(device=like.device, dtype=like.dtype)
            for name, x in self._scalars().items()
        }
        for name, x in learned.items():
            _check(next(y for y in self.hypers if y.name == name), x)
        exact = {k: _number(x, tuple(sizes.items())) for k, x in self.numbers.items()}
        exact = {k: x for k, x in exact.items() if k not in learned}
        return exact, learned


@lru_cache(maxsize=1000)
def _number(x: Expr, sizes: tuple[tuple[Symbol, int], ...]) -> float:
    return float(x.subs(sizes))


def _default(hypers: tuple[Hyper, ...], name: str) -> object:
    return next((x.default for x in hypers if x.name == name), 0)


def _check(hyper: Hyper, x: Tensor) -> None:
    """Raises `HyperparameterError` unless x is one number of the domain, which training may have
    left since."""
    if x.numel() != 1 or not x.is_floating_point():
        raise HyperparameterError(
            f"{hyper.name} is {x.dtype} of shape {tuple(x.shape)}. Give a floating tensor of one "
            "number."
        )
    if not checks_values(x):
        return
    value, domain = float(x.detach()), hyper.domain
    low, high = float(domain.low), float(domain.high)
    above = value > low if domain.low_open else value >= low
    below = value < high if domain.high_open else value <= high
    if not (isfinite(value) and above and below):
        raise HyperparameterError(
            f"{hyper.name} is a tensor of value {value:g}, outside its domain "
            f"{domain.describe(hyper.display)} ({hyper.meaning}). If it is learned, bound it, for "
            "example as the exponential of a parameter."
        )
