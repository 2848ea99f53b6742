"""The losses again, in plain torch from the papers: what the derived ones are compared with.

One file a loss, named as in the catalogue. Each holds

    loss(h, h_prime, *, <hyper-parameters>) -> scalar

for unit embeddings h, h_prime of shape (N, D), N ≥ 2, floating point; the scalar is the one that
is trained (a mean over anchors, or the batch scalar). Default hyper-parameters are the
catalogue's. A loss that is differentiated by anchors also has `terms`, with the same arguments:
(N,), the term of each anchor, of which the scalar is the mean. No file here imports `derive`: an
oracle that shares code agrees with the code's bugs.

The gradient is autograd's. Cosines and norms extend a loss off the sphere in different ways, so
gradients are comparable along the sphere: up to a multiple of each row's own embedding.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from derive.errors import ObjectiveError, UnknownNameError

if TYPE_CHECKING:
    from torch import Tensor


def names() -> list[str]:
    """The losses that have an oracle, sorted."""
    return sorted(file.stem for file in Path(__file__).parent.glob("[!_]*.py"))


def load(name: str) -> "Callable[..., Tensor]":
    """The oracle of that loss. Raises `UnknownNameError` with the nearest names."""
    return _function(name, "loss")


def load_terms(name: str) -> "Callable[..., Tensor]":
    """The terms of the anchors, (N,). Raises as `load`, and `ObjectiveError` if it has none."""
    return _function(name, "terms")


def _function(name: str, function: str) -> "Callable[..., Tensor]":
    if name not in names():
        raise UnknownNameError("oracle", name, names())
    module = import_module(f"verify.oracles.{name}")
    if not hasattr(module, function):
        raise ObjectiveError(
            f"the oracle of {name} has no {function}(h, h_prime, ...). Add it to "
            f"verify/oracles/{name}.py: a loss that is differentiated by anchors needs it."
        )
    return cast("Callable[..., Tensor]", getattr(module, function))
