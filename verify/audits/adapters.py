"""The losses of other packages as functions of two views: `st:`, `pml:`, `lightly:`, `info-nce:`.

A package has its own way to be called, and each loss its own reading of two views: which is the
anchor, where the negatives come from, how terms are reduced. Both are written down here, so that a
difference that an audit finds is not one of calling. Runs where the packages are installed: torch
and the standard library alone, and the package late.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, util
from typing import Any

import torch
from torch import Tensor

from derive.errors import ContragradError, UnknownNameError
from verify.audits import peers

Loss = Callable[[Tensor, Tensor], Tensor]
Make = Callable[..., Any]


class AdapterError(ContragradError):
    """A package or a loss of it that is not there."""


@dataclass(frozen=True)
class Adapted:
    """loss(h, h_prime) → scalar; mapping: direction, pool and reduction in words."""

    loss: Loss
    mapping: str


PACKAGES = {
    "st": (
        "sentence-transformers",
        ("sentence_transformers.sentence_transformer.losses", "sentence_transformers.losses"),
    ),
    "pml": ("pytorch-metric-learning", ("pytorch_metric_learning.losses",)),
    "lightly": ("lightly", ("lightly.loss",)),
    "info-nce": ("info-nce-pytorch", ("info_nce",)),
}  # how it is installed, and where its losses are


def find(package: str, name: str) -> type:
    """The class of that loss. Raises `AdapterError`, or `UnknownNameError` with the nearest."""
    if package not in PACKAGES:
        raise UnknownNameError("adapter", package, PACKAGES)
    module = _module(package)
    if not isinstance(getattr(module, name, None), type):
        raise UnknownNameError(f"loss of {PACKAGES[package][0]}", name, _losses(module))
    found: type = getattr(module, name)
    return found


def _module(package: str) -> Any:
    distribution, places = PACKAGES[package]
    _declare_operators()
    failure = ""
    for place in places:
        try:
            return import_module(place)
        except ImportError as error:
            failure = str(error)
    raise AdapterError(
        f"{distribution} cannot be imported here ({failure}). Install it (pip install "
        f"{distribution}), or name a Python that has it with --python PATH."
    )


def _losses(module: Any) -> list[str]:
    return [k for k, v in vars(module).items() if isinstance(v, type) and k[0].isupper()]


_DECLARED: list[torch.library.Library] = []  # a library that is collected takes them with it


def _declare_operators() -> None:
    """What torchvision misses where it was built for another torch (its CUDA wheel beside a CPU
    torch): it then fails on import at these two, which no loss calls, and its users with it."""
    if _DECLARED or util.find_spec("torchvision") is None:
        return
    try:
        import_module("torchvision")
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float threshold) -> Tensor")
        _DECLARED.append(library)


def adapt(package: str, name: str, make: Make) -> Adapted:
    """A loss of a package. make(*given): builds it, from a model where the package wants one."""
    form, mapping = peers.CALLS.get((package, name), (peers.USUAL[package], ""))
    return Adapted(form(make), f"{peers.FORMS[form]}. {mapping or peers.UNKNOWN}")
