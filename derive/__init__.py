"""Derive what a contrastive or self-supervised loss does to the embeddings.

>>> import derive
>>> derive.decompose("infonce").ratio
1
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.api import decompose as decompose
    from derive.api import load as load
    from derive.api import names as names
    from derive.api import show as show

__all__ = ["decompose", "load", "names", "show"]


def __getattr__(name: str) -> Any:  # SymPy is imported when it is first needed
    if name in __all__:
        return getattr(import_module("derive.api"), name)
    raise AttributeError(f"module 'derive' has no attribute {name!r}")
