"""Importing the peers beside a CPU build of torch: call `prepare` before any of them."""

from importlib import util

import torch

# torchvision's wheels on PyPI are built for CUDA. Beside a CPU torch its compiled part does not
# load, and its Python part then fails at these two operators, and so does all that imports it:
# lightly's losses, and transformers. They are declared here; nothing that is measured calls them.
_OPERATORS = ("nms", "qnms")
_DECLARED: list[torch.library.Library] = []  # a library that is collected takes them with it
PRELOAD = ("sentence_transformers.losses", "pytorch_metric_learning.losses", "info_nce")


def prepare() -> None:
    """Declares what torchvision misses, if it is installed and could not load its operators."""
    if _DECLARED or util.find_spec("torchvision") is None:
        return
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for name in _OPERATORS:
            library.define(f"{name}(Tensor dets, Tensor scores, float threshold) -> Tensor")
        _DECLARED.append(library)


def preload() -> None:
    """Imports the peers that are installed; which are not is found out where they are used."""
    prepare()
    for name in PRELOAD:
        try:
            __import__(name)
        except ImportError:
            continue
